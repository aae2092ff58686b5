//! Handles the events of a console, which reach all of its processes.
//!
//! - Ctrl-C and Ctrl-Break: as with SIGINT on Unix, Terraform calls Stop if it has started an apply, but not while it
//!   plans. The events therefore cancel read-only calls, and have no effect on others.
//! - The end of the console, of the session or of Windows: Windows ends all processes a few seconds later. The events
//!   have the same effect as Stop, and this process ends when Terraform's connection closes.
//!
//! Windows has no SIGTERM: `TerminateProcess` ends this process at once, without an event.

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

#[derive(Clone, Copy, Debug)]
enum Event {
    CtrlC,
    CtrlBreak,
    Close,
    Logoff,
    Shutdown,
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
    async fn next(&mut self) -> Option<Event> {
        Some(tokio::select! {
            Some(()) = self.ctrl_c.recv() => Event::CtrlC,
            Some(()) = self.ctrl_break.recv() => Event::CtrlBreak,
            Some(()) = self.close.recv() => Event::Close,
            Some(()) = self.logoff.recv() => Event::Logoff,
            Some(()) = self.shutdown.recv() => Event::Shutdown,
            else => return None,
        })
    }
}

/// Installs the event handlers. They call `interrupted` after Ctrl-C and Ctrl-Break, and `terminated` before the
/// console, the session or Windows ends.
///
/// # Errors
///
/// If a handler cannot be installed.
pub(in crate::tf_provider::plugin) fn install_handlers(
    interrupted: impl Fn() + Send + 'static,
    terminated: impl Fn() + Send + 'static,
) -> io::Result<()> {
    let mut events = ConsoleEvents::install()?;
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            dispatch(event, &interrupted, &terminated);
        }
    });
    Ok(())
}

fn dispatch(event: Event, interrupted: impl Fn(), terminated: impl Fn()) {
    match event {
        Event::CtrlC | Event::CtrlBreak => {
            log::debug!("received {event:?}: cancelling read-only calls");
            interrupted();
        }
        Event::Close | Event::Logoff | Event::Shutdown => {
            log::info!("received {event:?}: cancelling all calls");
            terminated();
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

/// Returns a future that never completes. Windows does not give an orphaned process a new parent, so there is no change
/// to detect. When Terraform is killed, Windows closes its connections, and this process ends with them.
pub(in crate::tf_provider::plugin) fn parent_end() -> impl Future<Output = ()> {
    std::future::pending()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_end_of_the_console_cancels_all_calls() {
        let (interrupts, ends) = (Cell::new(0), Cell::new(0));
        let count = |event| {
            dispatch(event, || interrupts.set(interrupts.get() + 1), || ends.set(ends.get() + 1));
            (interrupts.get(), ends.get())
        };
        let events = [Event::CtrlC, Event::CtrlBreak, Event::Close, Event::Logoff, Event::Shutdown];
        assert_eq!(events.map(count), [(1, 0), (2, 0), (2, 1), (2, 2), (2, 3)]);
    }

    #[tokio::test]
    async fn process_runs_until_an_event_arrives() {
        install_handlers(|| {}, || {}).unwrap();
        let limit = Duration::from_millis(20);
        assert!(tokio::time::timeout(limit, termination().unwrap()).await.is_err());
        assert!(tokio::time::timeout(limit, parent_end()).await.is_err());
    }
}
