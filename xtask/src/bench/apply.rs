//! Measures whole runs of `terraform apply`. Runs of resets alternate with the floor: runs of as many `terraform_data`
//! resources.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use serde_json::Value;
use testkit::mirror::{Mirror, SOURCE};
use testkit::process;
use testkit::terraform::Terraform;

use crate::output::println;

use super::fixture::{self, Fixture};
use super::{Options, check_resets, describe, head, quartiles, row};

const STATE: &str = "terraform.tfstate";
const OURS: &str = "huaweicloud_kafka_offset_reset";
const CHECKS_OFF: &str = "require_inactive_group = false\n  verify = false";
const OFFICIAL: &str = "huaweicloud_dms_kafka_message_offset_reset";
const OFFICIAL_SOURCE: &str = "registry.terraform.io/huaweicloud/huaweicloud";

struct Applies<'a> {
    fixture: &'a Fixture,
    terraform: &'a Terraform,
    mirror: Mirror,
}

/// A configuration that is applied repeatedly.
struct Variant {
    name: &'static str,
    directory: PathBuf,
    resets: u32,
    times: Vec<f64>,
}

/// Measures an apply of each number of resets.
pub(super) fn measure(fixture: &Fixture, terraform: &Terraform, options: &Options) -> Result<Vec<String>> {
    let mirror = Mirror::create(fixture.directory.path(), &fixture.provider)?;
    if let Some(binary) = &options.official {
        mirror.add(OFFICIAL_SOURCE, "1.0.0", binary)?;
    }
    let applies = Applies { fixture, terraform, mirror };
    let mut rows = vec![head(["apply", "duration", "× floor", "requests per reset"])];
    for &count in &options.resets {
        let emulator = fixture.start_emulator(count)?;
        let mut variants = applies.prepare_all(count, emulator.url(), options.official.is_some())?;
        let mut requests = Vec::new();
        // The first run is not timed: it fills caches.
        for run in 0..=options.runs {
            println(&format!("Apply {count}: run {run} of {}", options.runs));
            requests.clear();
            for variant in &mut variants {
                emulator.reset()?;
                let seconds = applies.apply(&variant.directory)?;
                requests.push(check_resets(&emulator, variant.resets)?);
                variant.times.extend((run > 0).then_some(seconds));
            }
        }
        let [_, floor, _] = quartiles(&variants[0].times);
        for (Variant { name, times, .. }, requests) in variants.iter().zip(requests) {
            let cells = [format!("{count}: {name}"), describe(times, 1.0, " s")];
            let ratios =
                [quartiles(times)[1] / floor, requests as f64 / f64::from(count)].map(|ratio| format!("{ratio:.2}"));
            rows.push(row([&cells[0], &cells[1], &ratios[0], &ratios[1]]));
        }
    }
    Ok(rows)
}

impl Applies<'_> {
    /// Prepares the variants. The floor is the first.
    fn prepare_all(&self, count: u32, url: &str, official: bool) -> Result<Vec<Variant>> {
        let resets = |name, source, resource, arguments| {
            self.prepare(name, count, &fixture::resets(count, url, source, resource, arguments))
        };
        let floor = self.prepare("floor", 0, &fixture::floor(count, 0))?;
        let ours = resets("ours", SOURCE, OURS, "")?;
        let bytes = self.state_size(&ours)?.saturating_sub(self.state_size(&floor)?) / count as usize;
        let padded = self.prepare("floor, same state size", 0, &fixture::floor(count, bytes))?;
        let mut variants = vec![floor, padded, ours, resets("ours, checks off", SOURCE, OURS, CHECKS_OFF)?];
        if official {
            variants.push(resets("official provider", OFFICIAL_SOURCE, OFFICIAL, "partition = -1")?);
        }
        Ok(variants)
    }

    fn prepare(&self, name: &'static str, resets: u32, configuration: &str) -> Result<Variant> {
        let directory = self.fixture.directory.path().join(name);
        fs::create_dir_all(&directory)?;
        fs::write(directory.join("main.tf"), configuration)?;
        self.terraform(&directory, &["init"])?;
        Ok(Variant { name, directory, resets, times: Vec::new() })
    }

    /// Applies, and returns the size of the state in bytes, without the white space between values: Terraform adds that
    /// last, so most of its work depends on the bytes before.
    fn state_size(&self, variant: &Variant) -> Result<usize> {
        self.apply(&variant.directory)?;
        let state: Value = serde_json::from_slice(&fs::read(variant.directory.join(STATE))?)?;
        Ok(state.to_string().len())
    }

    /// Applies from an empty state, and returns the duration in seconds.
    fn apply(&self, directory: &Path) -> Result<f64> {
        let state = directory.join(STATE);
        if state.exists() {
            fs::remove_file(state)?;
        }
        let started = Instant::now();
        self.terraform(directory, &["apply", "-auto-approve"])?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn terraform(&self, directory: &Path, arguments: &[&str]) -> Result<()> {
        let mut command = self.mirror.command(self.terraform);
        command.current_dir(directory).args(arguments).args(["-input=false", "-no-color"]).envs(fixture::VARIABLES);
        process::output(&mut command).map(drop)
    }
}
