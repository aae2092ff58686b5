//! Handles the events of a console, which reach all of its processes.
//!
//! - Ctrl-C and Ctrl-Break: as with SIGINT on Unix, Terraform calls Stop if it has started an apply, but not while it
//!   plans. The events therefore cancel read-only calls, and have no effect on others.
//! - The end of the console, of the session or of Windows: Windows ends all processes a few seconds later. The events
//!   have the same effect as Stop, and this process ends when Terraform's connection closes.
//!
//! Other programs end a process by force, without an event.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown,
};

/// The events of a console that this process handles.
struct ConsoleEvents {
    ctrl_c: CtrlC,
    ctrl_break: CtrlBreak,
    close: CtrlClose,
    logoff: CtrlLogoff,
    shutdown: CtrlShutdown,
}

/// What an event asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Request {
    Interrupt,
    Terminate,
}

impl ConsoleEvents {
    /// Installs the handlers. While they are installed, no event ends the process at once.
    fn install() -> io::Result<Self> {
        Ok(Self {
            ctrl_c: ctrl_c()?,
            ctrl_break: ctrl_break()?,
            close: ctrl_close()?,
            logoff: ctrl_logoff()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Waits for the next event.
    async fn next(&mut self) -> Option<Request> {
        tokio::select! {
            event = self.ctrl_c.recv() => event.map(|()| Request::Interrupt),
            event = self.ctrl_break.recv() => event.map(|()| Request::Interrupt),
            event = self.close.recv() => event.map(|()| Request::Terminate),
            event = self.logoff.recv() => event.map(|()| Request::Terminate),
            event = self.shutdown.recv() => event.map(|()| Request::Terminate),
        }
    }
}

/// Installs the event handlers. They call `interrupted` after Ctrl-C and Ctrl-Break, and `terminated` before the
/// console, the session or Windows ends.
///
/// # Errors
///
/// If a handler cannot be installed.
pub(in crate::tf_provider::plugin) fn handle(
    interrupted: impl Fn() + Send + 'static,
    terminated: impl Fn() + Send + 'static,
) -> io::Result<()> {
    let mut events = ConsoleEvents::install()?;
    tokio::spawn(async move { dispatch(async || events.next().await, interrupted, terminated).await });
    Ok(())
}

async fn dispatch(mut next: impl AsyncFnMut() -> Option<Request>, interrupted: impl Fn(), terminated: impl Fn()) {
    while let Some(request) = next().await {
        match request {
            Request::Interrupt => {
                log::debug!("received Ctrl-C or Ctrl-Break: cancelling read-only calls");
                interrupted();
            }
            Request::Terminate => {
                log::info!("the console is closing: cancelling all calls");
                terminated();
            }
        }
    }
}

/// Installs handlers for the events that end a process that a person started. The future ends when the first of them
/// arrives.
///
/// # Errors
///
/// If a handler cannot be installed.
pub(in crate::tf_provider::plugin) fn termination() -> io::Result<impl Future<Output = ()>> {
    let mut events = ConsoleEvents::install()?;
    Ok(async move { _ = events.next().await })
}

/// Never returns: Windows has no parent that a process could check. It closes the connections of a killed Terraform,
/// and this process ends with them.
pub(in crate::tf_provider::plugin) fn parent_end() -> impl Future<Output = ()> {
    std::future::pending()
}
