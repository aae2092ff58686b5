//! The measurements, one file for each kind.

pub(super) mod alone;
pub(super) mod apply;
pub(super) mod round_trips;
pub(super) mod signing;
pub(crate) mod sizes;
pub(super) mod starts;

use std::path::Path;
use std::process::Command;

use serde::de::DeserializeOwned;

use crate::process::Supervisor;
use crate::{Environment, Error};

const MIB: f64 = 1024.0 * 1024.0;

/// Runs the plugin client and parses the JSON that it prints.
///
/// # Errors
/// The client cannot be run, fails, or prints something unexpected.
pub(crate) fn client<T: DeserializeOwned>(
    environment: &Environment,
    supervisor: &Supervisor,
    client: &Path,
    prepare: impl FnOnce(&mut Command),
) -> Result<T, Error> {
    let mut command = environment.command(client);
    prepare(&mut command);
    let printed = supervisor.succeed(&mut command)?;
    serde_json::from_slice(&printed)
        .map_err(|error| Error::failed(format!("cannot parse the output of {}: {error}", client.display())))
}
