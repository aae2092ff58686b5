//! The recorded run at the top of the README matches the output of a real Terraform.

use super::harness::Workspace;

const README: &str = include_str!("../../../README.md");

/// Runs the README's commands on its configuration. In the recorded output, `…` matches any text within a line. A line
/// that is only `…` matches any number of lines.
pub(crate) fn recorded_run_matches_the_output_of_terraform(workspace: &Workspace) {
    workspace.write("provider.tf", "");
    workspace.write("main.tf", configuration());
    workspace.write("emulator_override.tf", &workspace.endpoints());
    workspace.init();

    let session = blocks("```console\n").find(|block| block.starts_with("$ terraform plan")).expect("a recorded run");
    for recorded in session.split("$ terraform ").skip(1) {
        let (command, expected) = recorded.split_once('\n').expect("a command and what it prints");
        let output = workspace.run(&command.split(' ').collect::<Vec<_>>()).succeeded();
        let printed = output.stdout.replace("OpenTofu", "Terraform").replace(" tofu ", " terraform ");
        let mut printed = printed.trim().lines();
        let mut skips = false;
        for expected in expected.trim().lines() {
            if expected == "…" {
                skips = true;
                continue;
            }
            let is_expected = |line: &&str| matches(line, expected);
            let found = if skips { printed.find(is_expected) } else { printed.next().filter(is_expected) };
            assert!(found.is_some(), "README: {expected:?} is not printed in {output}");
            skips = false;
        }
        assert_eq!(printed.next(), None, "README: `{command}` prints more lines: {output}");
    }
}

#[test]
fn readme_prints_the_configuration_of_the_quickstart() {
    assert_eq!(configuration(), include_str!("../../../examples/quickstart/main.tf"));
}

/// The first configuration of the README.
pub(super) fn configuration() -> &'static str {
    blocks("```hcl\n").next().expect("a configuration")
}

/// The contents of the code blocks with this opening fence.
fn blocks(fence: &'static str) -> impl Iterator<Item = &'static str> {
    README.split(fence).skip(1).map(|rest| rest.split("```").next().unwrap_or(rest))
}

fn matches(printed: &str, expected: &str) -> bool {
    let Some((start, rest)) = expected.split_once('…') else { return printed == expected };
    printed.strip_prefix(start).is_some_and(|printed| {
        (0..=printed.len()).any(|at| printed.get(at..).is_some_and(|printed| matches(printed, rest)))
    })
}
