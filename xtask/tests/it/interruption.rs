//! Tests of signals in every phase: exit code, remaining processes and files.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::thread;

use crate::stage::Stage;
use crate::support::signal;

const PHASES: [&str; 8] = [
    "cargo build",
    "python venv",
    "python pip",
    "emulator start",
    "terraform init",
    "terraform plan",
    "terraform show",
    "terraform apply",
];

#[test]
fn signal_in_any_phase_ends_all_processes() {
    thread::scope(|scope| {
        for phase in PHASES {
            scope.spawn(move || {
                for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
                    interrupt(phase, name, code);
                }
            });
        }
    });
}

fn interrupt(phase: &'static str, name: &str, code: i32) {
    let mut stage = Stage::new();
    stage.hold(phase);
    let held = stage.run_until_held();
    signal(name, held.child.id());
    let (status, _, errors) = held.end();
    assert_eq!(status.code(), Some(code), "{phase}: {errors}");
    let message = format!("quickstart: stopped by SIG{name}");
    assert!(errors.contains(&message), "{phase}: {errors}");
    let left = fs::read_dir(stage.path("target")).unwrap();
    let mut left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let unexpected = left.find(|name| !name.ends_with(".lock"));
    assert_eq!(unexpected, None, "{phase}");
}

/// The stand-in for Terraform finishes its work before it ends, as Terraform does.
#[test]
fn terraform_finishes_after_one_interrupt_before_the_emulator_ends() {
    for name in ["INT", "TERM"] {
        let mut stage = Stage::new();
        let ended = stage.path("emulator-ended");
        let ended = ended.display();
        stage.on("emulator end", format!("echo ended > '{ended}'"));
        let hold = stage.holding();
        let graceful = format!(
            "sleep 1000 & work=$!\n\
             trap 'echo interrupted >&9; kill $work' INT\ntrap 'echo terminated >&9' TERM\n\
             {hold}\nwait $work\n[ -e '{ended}' ] && echo alone >&9\n\
             echo saved >&9\nexit 1"
        );
        stage.on("terraform apply", graceful);
        let held = stage.run_until_held();
        signal(name, held.child.id());
        let (status, written, errors) = held.end();
        assert!(matches!(status.code(), Some(130 | 143)), "{errors}");
        assert_eq!(written, "interrupted\nsaved\n");
        assert!(stage.path("emulator-ended").exists());
    }
}

#[test]
fn emulator_ends_when_the_task_is_killed() {
    let mut stage = Stage::new();
    let held_by_emulator = stage.holding();
    // The emulator holds the fifo from its start to its end.
    stage.on("emulator start", held_by_emulator);
    stage.on("terraform apply", "kill -KILL $PPID");
    let (status, _, _) = stage.run_until_held().end();
    assert_eq!(status.signal(), Some(9), "it was killed");
}
