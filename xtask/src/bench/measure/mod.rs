//! The measurements, a file for each kind.

pub(super) mod alone;
pub(super) mod apply;
pub(super) mod signing;
pub(crate) mod sizes;
pub(super) mod starts;

use std::path::Path;
use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

use crate::process::{Supervisor, tail};
use crate::{Environment, Error};

const MIB: f64 = 1024.0 * 1024.0;

/// Runs a command to its end; the error shows what it said.
pub(crate) fn succeed(command: &mut Command, supervisor: &Supervisor) -> Result<Vec<u8>, Error> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = supervisor.capture(command)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let program = command.get_program().display();
    Err(Error::failed(format!("{program} ended with {}:\n{}", output.status, tail(&output))))
}

/// Runs our client of the plugin protocol, which prints JSON.
pub(crate) fn client<T: DeserializeOwned>(
    environment: &Environment,
    supervisor: &Supervisor,
    client: &Path,
    prepare: impl FnOnce(&mut Command),
) -> Result<T, Error> {
    let mut command = environment.command(client);
    prepare(&mut command);
    let printed = succeed(&mut command, supervisor)?;
    serde_json::from_slice(&printed)
        .map_err(|error| Error::failed(format!("{} printed something else than expected: {error}", client.display())))
}
