//! Runs Terraform in the working directory, and reads the plan.

use std::fs;
use std::io::IsTerminal;
use std::process::{Command, Stdio};

use crate::Error;
use crate::mirror::Mirror;
use crate::process::{tail, text_tail};
use crate::terraform::Terraform;

use super::emulator::Seed;
use super::offsets::Reset;
use super::{PLAN, Run};

/// Terraform, and what it needs to run in the working directory.
pub(super) struct Session<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) terraform: &'a Terraform,
    pub(super) mirror: &'a Mirror,
    pub(super) seed: &'a Seed,
}

impl Session<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.mirror.command(self.terraform);
        command.current_dir(&self.run.directory).args(arguments).envs(self.seed.credential_variables());
        command
    }

    /// Runs a command of Terraform, and shows its output.
    pub(super) fn show(&self, arguments: &[&str]) -> Result<(), Error> {
        let mut words = arguments.to_vec();
        if !std::io::stdout().is_terminal() {
            words.insert(1, "-no-color");
        }
        let status = self.run.supervisor.run(&mut self.command(&words))?;
        if status.success() {
            return Ok(());
        }
        let name = arguments.first().copied().unwrap_or_default();
        let log = fs::read_to_string(self.run.emulator_log()).unwrap_or_default();
        let requests = match text_tail(&log) {
            none if none.is_empty() => "The emulator received no request.".to_owned(),
            lines => format!("The emulator's last requests:\n{lines}"),
        };
        Err(self.run.failed(&format!("`terraform {name}` ended with {status}; see its output above. {requests}")))
    }

    pub(super) fn planned_reset(&self) -> Result<Reset, Error> {
        let mut command = self.command(&["show", "-json", PLAN]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.run.supervisor.capture(&mut command)?;
        if !output.status.success() {
            let (status, tail) = (output.status, tail(&output));
            let what = format!("`terraform show -json {PLAN}` ended with {status}:\n{tail}");
            return Err(self.run.failed(&what));
        }
        Reset::from_plan(&output.stdout).map_err(|message| self.run.failed(&message))
    }
}
