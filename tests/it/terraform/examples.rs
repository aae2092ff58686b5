//! Every file of `examples/` with a real Terraform, unchanged, with an override file that directs its provider block to
//! the emulator. An example that no test applies is an error.

use std::collections::BTreeSet;

use dms_emulator::state::Permission;
use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::json;
use testkit::terraform::Terraform;

use super::harness::Workspace;
use super::moved_state::{official, write_state_of_replay};
use super::readme;
use crate::repository::{self, files_under};

/// The committed offsets of group `billing` on the partitions of topic `orders`.
type Offsets = [i64; 3];

const INITIAL: Offsets = [140, 190, 4_000_000_500];
const EARLIEST: Offsets = [0, 100, 4_000_000_000];
const LATEST: Offsets = [300, 250, 4_000_001_000];
const TWO_MINUTES: Offsets = [120, 120, 4_000_000_120];
const SKIPPED: Offsets = [140, 190, 4_000_000_501];

/// Files that are applied one after the other, each together with the previous ones, and the resulting offsets.
type Case = &'static [(&'static str, Offsets)];

const CASES: [Case; 16] = [
    &[(REPLAY, TWO_MINUTES), ("resources/huaweicloud_kafka_offset_reset/roll-back.tf", INITIAL)],
    &[("resources/huaweicloud_kafka_offset_reset/from-the-start.tf", EARLIEST)],
    &[("resources/huaweicloud_kafka_offset_reset/last-hours.tf", LATEST)],
    &[("resources/huaweicloud_kafka_offset_reset/within-range.tf", TWO_MINUTES)],
    &[("resources/huaweicloud_kafka_offset_reset/by-partition.tf", [120, 150, 4_000_000_500])],
    &[("resources/huaweicloud_kafka_offset_reset/skip-a-message.tf", SKIPPED)],
    &[("resources/huaweicloud_kafka_offset_reset/skip-the-next-message.tf", SKIPPED)],
    &[
        ("resources/huaweicloud_kafka_offset_reset/every-topic.tf", LATEST),
        ("resources/huaweicloud_kafka_offset_reset/roll-back-every-topic.tf", INITIAL),
    ],
    &[("data-sources/huaweicloud_kafka_consumer_group/data-source.tf", TWO_MINUTES)],
    &[("data-sources/huaweicloud_kafka_offset_reset/data-source.tf", INITIAL)],
    &[("provider/assume-role.tf", INITIAL), (REPLAY, TWO_MINUTES)],
    &[("incident-card/main.tf", TWO_MINUTES)],
    &[("replay-after-an-incident/main.tf", TWO_MINUTES)],
    &[("skip-a-poison-message/main.tf", SKIPPED)],
    &[("quickstart/main.tf", TWO_MINUTES)],
    &[
        ("quickstart-kafka/main.tf", INITIAL),
        ("quickstart-kafka/earliest.tf", EARLIEST),
        ("quickstart-kafka/shift.tf", EARLIEST),
        ("quickstart-kafka/offset.tf", [25, 100, 4_000_000_000]),
        ("quickstart-kafka/time.tf", LATEST),
    ],
];

// Examples that need more than an apply. Each has a separate test.
const PROVIDER: &str = "provider/provider.tf";
const OVERRIDE: &str = "emulator/emulator_override.tf";
const OIDC: &str = "provider/oidc.tf";
const REPLAY: &str = "resources/huaweicloud_kafka_offset_reset/resource.tf";
const ACTION: &str = "actions/huaweicloud_kafka_offset_reset/action.tf";
const MOVED: &str = "move-from-official-provider/main.tf";
const SIDE_BY_SIDE: &str = "next-to-the-official-provider/main.tf";
const ROLL_BACK: &str = "roll-back/main.tf";
const PREVIEW_IN_PLAN: &str = "preview/plan/main.tf";
const PREVIEW_IN_DATA_SOURCE: &str = "preview/data-source/main.tf";
const PINNED_PREVIEW: &str = "preview/pinned/main.tf";
const MODULE: &str = "module-test/main.tf";
const MODULE_TEST: &str = "module-test/tests/replay.tftest.hcl";
const MAY_READ: &str = "iam-policies/read.json";
const MAY_RESET: &str = "iam-policies/reset.json";
const MAY_RESET_EVERY_TOPIC: &str = "iam-policies/reset-every-topic.json";
const MAY_RESET_WITHOUT_CHECKS: &str = "iam-policies/reset-without-checks.json";
const WITH_A_TEST: [&str; 16] = [
    PROVIDER,
    OVERRIDE,
    OIDC,
    ACTION,
    MOVED,
    SIDE_BY_SIDE,
    ROLL_BACK,
    PREVIEW_IN_PLAN,
    PREVIEW_IN_DATA_SOURCE,
    PINNED_PREVIEW,
    MODULE,
    MODULE_TEST,
    MAY_READ,
    MAY_RESET,
    MAY_RESET_EVERY_TOPIC,
    MAY_RESET_WITHOUT_CHECKS,
];
/// Files that are not examples.
const NOT_EXAMPLES: [&str; 5] = [
    "README.md",
    "iam-policies/project-lookup.json",
    "iam-policies/project-lookup-identity-policy.json",
    "pipelines/gitlab-ci.yml",
    "pipelines/github-actions.yml",
];

fn text(example: &str) -> String {
    repository::text(&format!("examples/{example}"))
}

fn has_provider_block(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("provider \""))
}

/// An example with the address of this test's emulator in place of its default.
fn with_emulator_endpoints(workspace: &Workspace, example: &str) -> String {
    let (address, text) = ("\"http://127.0.0.1:8480\"", text(example));
    assert!(text.contains(address), "{example} has another address than {address}");
    text.replace(address, &format!("\"{}\"", workspace.emulator.url()))
}

/// Writes an example unchanged, with an override that directs each of its provider blocks to the emulator.
fn write(workspace: &Workspace, example: &str) {
    let text = text(example);
    workspace.write(example.rsplit('/').next().expect("a name"), &text);
    let names = text.lines().filter_map(|line| line.strip_prefix("provider \"")?.strip_suffix("\" {"));
    let blocks: String = names
        .map(|name| with_emulator_endpoints(workspace, OVERRIDE).replace("\"huaweicloud\"", &format!("\"{name}\"")))
        .collect();
    if !blocks.is_empty() {
        workspace.write("emulator_override.tf", &blocks);
    }
}

/// A workspace with these examples. Those without a provider block get the one of `provider/`, as their README
/// describes.
fn workspace_with(terraform: &'static Terraform, examples: &[&str]) -> Workspace {
    let workspace = Workspace::new(terraform);
    workspace.write("provider.tf", "");
    if !examples.iter().any(|it| has_provider_block(&text(it))) {
        write(&workspace, PROVIDER);
    }
    for example in examples {
        write(&workspace, example);
    }
    workspace
}

/// A failing output would end the apply with an error after the reset.
pub(crate) fn outputs_work_without_committed_offsets_and_without_verification(workspace: &Workspace) {
    for (name, configuration) in [
        ("replay", readme::configuration().to_owned()),
        ("replay", text("replay-after-an-incident/main.tf")),
        ("skip", text("skip-a-poison-message/main.tf")),
    ] {
        for verify in [true, false] {
            workspace.emulator.reset();
            workspace.forget_state();
            let nothing_on_the_last = json!({ "name": "new", "offsets": { demo::ORDERS: [140, 190, null] } });
            workspace.merge(&json!({ "groups": [nothing_on_the_last] }));
            workspace.write("main.tf", &configuration.replace("= \"billing\"", "= \"new\""));
            let reset = format!("resource \"huaweicloud_kafka_offset_reset\" \"{name}\" {{\n  verify = {verify}\n}}\n");
            workspace.write("check_override.tf", &format!("{}{reset}", workspace.endpoints()));
            workspace.write("provider.tf", "");
            workspace.init();
            workspace.apply();
            assert_eq!(workspace.resets(), 1);
        }
    }
}

pub(crate) fn each_example_applies(workspace: &Workspace) {
    for case in CASES {
        let (first, _) = case.first().expect("a file");
        let workspace = workspace_with(workspace.terraform(), &[first]);
        add_agency(&workspace);
        workspace.init();
        for (number, (file, after)) in case.iter().enumerate() {
            if number > 0 {
                write(&workspace, file);
            }
            workspace.apply();
            assert_eq!(workspace.offsets(), after, "{file}");
            // An output of the data source may change, but no reset may be repeated.
            let sent = workspace.resets();
            workspace.apply();
            assert_eq!(workspace.resets(), sent, "{file}");
        }
    }
}

/// Adds the agency that the credential examples assume, and the identity provider that may assume it.
fn add_agency(workspace: &Workspace) {
    let seed = json!({
        "agencies": [{
            "name": "deploy", "domain_id": "0d0e0f00000000000000000000000002", "domain_name": "production",
        }],
        "identity_providers": [{ "id": "pipeline", "id_tokens": ["header.claims.signature"] }],
    });
    let seed = dms_emulator::Seed::from_json(&seed.to_string()).unwrap();
    workspace.emulator.merge(&seed).unwrap();
}

pub(crate) fn oidc_token_replaces_the_access_key(workspace: &Workspace) {
    let mut workspace = workspace_with(workspace.terraform(), &[OIDC, REPLAY]);
    add_agency(&workspace);
    workspace.forget_credentials();
    workspace.init();
    let token = [("HW_ASSUME_ROLE_ID_TOKEN", "header.claims.signature")];
    workspace.run_with(&["plan"], &token).succeeded();
    workspace.run_with(&["apply", "-auto-approve"], &token).succeeded();
    assert_eq!(workspace.offsets(), TWO_MINUTES);
}

pub(crate) fn action_is_invoked_manually_and_by_its_trigger(workspace: &Workspace) {
    let workspace = workspace_with(workspace.terraform(), &[ACTION]);
    workspace.init();
    workspace.run(&["plan"]).succeeded();
    workspace.apply();
    assert_eq!((workspace.resets(), workspace.offsets()), (0, INITIAL.to_vec()));
    let manual_install = "-invoke=action.huaweicloud_kafka_offset_reset.last_two_hours";
    workspace.run(&["apply", "-auto-approve", manual_install]).succeeded();
    assert_eq!((workspace.resets(), workspace.offsets()), (1, LATEST.to_vec()));
    let trigger = workspace.run(&["apply", "-auto-approve", "-var", "consumers=0"]).succeeded();
    assert!(trigger.stdout.contains("Actions: 1 invoked."), "{trigger}");
    assert_eq!(workspace.resets(), 2);
}

pub(crate) fn variable_rolls_the_reset_back(workspace: &Workspace) {
    let workspace = workspace_with(workspace.terraform(), &[ROLL_BACK]);
    workspace.init();
    workspace.run(&["plan"]).succeeded();
    workspace.apply();
    assert_eq!(workspace.offsets(), TWO_MINUTES);
    workspace.run(&["apply", "-auto-approve", "-var", "roll_back=true"]).succeeded();
    assert_eq!(workspace.offsets(), INITIAL);
    let sent = workspace.resets();
    workspace.apply();
    assert_eq!(workspace.resets(), sent, "removing the roll-back resource sends nothing");
}

pub(crate) fn plan_shows_the_preview_of_the_guide(workspace: &Workspace) {
    let guide = repository::text("docs/guides/preview-before-you-apply.md");
    let (_, rest) = guide.split_once("```text\nWarning: ").expect("a recorded preview");
    let preview = format!("Warning: {}", rest.split("```").next().unwrap_or(rest));
    let workspace = workspace_with(workspace.terraform(), &[PREVIEW_IN_PLAN]);
    workspace.init();
    let plan = workspace.run(&["plan"]).succeeded();
    assert!(plan.stdout.contains(&preview), "the guide shows:\n{preview}\n{plan}");
    workspace.apply();
    assert_eq!(workspace.offsets(), TWO_MINUTES);
    workspace.emulator.clear_journal();
    workspace.assert_no_changes();
    assert_eq!(workspace.calls(), 0, "a plan without a reset reads nothing");
}

pub(crate) fn check_of_a_preview_warns_and_sends_nothing(workspace: &Workspace) {
    let workspace = workspace_with(workspace.terraform(), &[PREVIEW_IN_DATA_SOURCE]);
    workspace.init();
    let failed = "The reset would replay more than 1000 messages";
    let apply = workspace.apply();
    assert!(!apply.text().contains(failed), "{apply}");
    workspace.assert_no_changes();
    let lower_limit = text(PREVIEW_IN_DATA_SOURCE).replace("1001) <= 1000", "1001) <= 469");
    workspace.write("main.tf", &lower_limit);
    assert!(workspace.apply().text().contains(failed));

    workspace.write("main.tf", &text(PREVIEW_IN_DATA_SOURCE));
    for operation in [Operation::ShowMessages, Operation::ShowMessage] {
        let forbidden = Effect::Status(FaultResponse::new(403, "DMS.10240005", "Policy doesn't allow it."));
        workspace.emulator.add_fault(Fault::new(forbidden).on(operation));
    }
    let unknown = workspace.apply();
    assert!(unknown.text().contains(failed) && unknown.text().contains("\"0\" = tonumber(null)"), "{unknown}");
    assert_eq!((workspace.resets(), workspace.offsets()), (0, INITIAL.to_vec()));
}

pub(crate) fn pinned_preview_resets_only_if_its_trigger_changes(workspace: &Workspace) {
    let workspace = workspace_with(workspace.terraform(), &[PINNED_PREVIEW]);
    workspace.init();
    let plan = workspace.run(&["plan", "-out=reset.tfplan"]).succeeded();
    for (partition, offset) in TWO_MINUTES.iter().enumerate() {
        assert!(plan.stdout.contains(&format!("+ \"{partition}\" = {offset}\n")), "{plan}");
    }
    // The data source now shows lower offsets.
    workspace.write("main.tf", &text(PINNED_PREVIEW).replace("00:02:00Z", "00:01:00Z"));
    workspace.run(&["apply", "reset.tfplan"]).succeeded();
    assert_eq!((workspace.resets(), workspace.offsets()), (3, TWO_MINUTES.to_vec()));
    workspace.assert_no_changes();
    workspace.apply();
    assert_eq!((workspace.resets(), workspace.offsets()), (3, TWO_MINUTES.to_vec()));

    let plan = workspace.run(&["plan", "-var", "incident=INC-2"]).succeeded();
    assert!(!plan.text().contains("Preview: "), "Terraform drops the preview of this replacement: {plan}");
    workspace.run(&["apply", "-auto-approve", "-var", "incident=INC-2"]).succeeded();
    assert_eq!((workspace.resets(), workspace.offsets()), (6, vec![60, 100, 4_000_000_060]));
    let plan = workspace.run(&["plan", "-detailed-exitcode", "-var", "incident=INC-2"]).succeeded();
    assert!(plan.stdout.contains("No changes."), "{plan}");

    for operation in [Operation::ShowMessages, Operation::ShowMessage] {
        let forbidden = Effect::Status(FaultResponse::new(403, "DMS.10240005", "Policy doesn't allow it."));
        workspace.emulator.add_fault(Fault::new(forbidden).on(operation));
    }
    let plan = workspace.run(&["plan", "-var", "incident=INC-2"]).failed();
    assert!(plan.text().contains("The new offset of at least one partition cannot be determined"), "{plan}");
}

/// Without `lifecycle`, a new preview is a change.
pub(crate) fn preview_that_is_not_pinned_resets_again(workspace: &Workspace) {
    let workspace = workspace_with(workspace.terraform(), &[PINNED_PREVIEW]);
    let pinned = text(PINNED_PREVIEW);
    let (start, rest) = pinned.rsplit_once("  lifecycle {\n").expect("a lifecycle block");
    let (_, end) = rest.split_once("  }\n").expect("its end");
    // By the first apply, the group has moved, so this preview has moved too.
    let text = format!("{start}{end}").replace("datetime    = \"2024-01-01T00:02:00Z\"", "shift_by    = -5");
    workspace.write("main.tf", &text);
    workspace.init();
    for shifted in [5, 10] {
        workspace.apply();
        assert_eq!(workspace.offsets(), INITIAL.map(|offset| offset - shifted));
    }
}

pub(crate) fn moved_example_converts_the_official_reset(workspace: &Workspace) {
    let workspace = workspace_with(workspace.terraform(), &[MOVED]);
    workspace.add_stand_in(&official(&workspace), "1.80.0");
    write_state_of_replay(&workspace, &json!({ "timestamp": "1704067320000" }));
    workspace.init();
    let plan = workspace.run(&["plan"]).succeeded();
    assert!(plan.stdout.contains("Plan: 0 to add, 0 to change, 0 to destroy."), "{plan}");
    workspace.apply();
    workspace.assert_no_changes();
    assert_eq!((workspace.resets(), workspace.offsets()), (0, INITIAL.to_vec()));
}

/// A stand-in takes the place of the official provider. Its provider block has the arguments that the example uses.
pub(crate) fn both_providers_work_in_one_configuration(workspace: &Workspace) {
    let workspace = workspace_with(workspace.terraform(), &[SIDE_BY_SIDE]);
    workspace.add_stand_in(&official(&workspace), "1.80.0");
    workspace.init();
    workspace.run(&["plan"]).succeeded();
    workspace.apply();
    workspace.assert_no_changes();
    assert_eq!(workspace.offsets(), EARLIEST);
}

pub(crate) fn module_is_tested_against_the_emulator(workspace: &Workspace) {
    let workspace = Workspace::new(workspace.terraform());
    workspace.write("provider.tf", "");
    workspace.write("main.tf", &text(MODULE));
    workspace.write("tests/replay.tftest.hcl", &with_emulator_endpoints(&workspace, MODULE_TEST));
    workspace.init();
    let output = workspace.run(&["test"]).succeeded();
    assert!(output.stdout.contains("2 passed, 0 failed"), "{output}");
    assert_eq!(workspace.offsets(), EARLIEST);
}

pub(crate) fn policies_grant_exactly_what_they_are_for(workspace: &Workspace) {
    let checked = "require_inactive_group = true\n  verify = true";
    let unchecked = "require_inactive_group = false\n  verify = false";
    let topic = "topic = \"orders\"";
    for (policy, arguments, allowed) in [
        (MAY_RESET, [topic, checked], true),
        (MAY_RESET, ["", checked], false),
        (MAY_RESET_EVERY_TOPIC, ["", checked], true),
        (MAY_RESET_WITHOUT_CHECKS, [topic, unchecked], true),
        (MAY_RESET_WITHOUT_CHECKS, [topic, checked], false),
        (MAY_READ, [topic, "preview = true"], false),
    ] {
        let workspace = workspace_with(workspace.terraform(), &[]);
        grant(&workspace, policy);
        let target = format!("instance_id = \"{}\"\n  group = \"billing\"", demo::INSTANCE_ID);
        let data = format!("data \"huaweicloud_kafka_consumer_group\" \"this\" {{\n  {target}\n}}\n");
        let reset = format!(
            "resource \"huaweicloud_kafka_offset_reset\" \"this\" {{\n  {target}\n  position = \"latest\"\n  {}\n}}\n",
            arguments.join("\n  ")
        );
        workspace.write("main.tf", &(if policy == MAY_READ { data + &reset } else { reset }));
        workspace.init();
        // The plan reads the data source, and the group for the preview.
        let plan = workspace.run(&["plan"]).succeeded();
        assert_eq!(plan.text().contains("Preview: resetting consumer group"), policy == MAY_READ, "{plan}");
        let apply = workspace.run(&["apply", "-auto-approve"]);
        let apply = if allowed { apply.succeeded() } else { apply.failed() };
        let expected = if allowed { "Apply complete!" } else { "DMS.00403003" };
        assert!(apply.text().contains(expected), "{policy}: {apply}");
        let expected = if allowed { LATEST } else { INITIAL };
        assert_eq!(workspace.offsets(), expected, "{policy}, {arguments:?}");
        // A reset of every topic always causes a warning.
        assert_eq!(apply.text().contains("Warning: ") && allowed, arguments[0].is_empty() && allowed, "{apply}");
    }
}

/// Grants the demo's credentials exactly the permissions of the policy.
fn grant(workspace: &Workspace, policy: &str) {
    let policy: serde_json::Value = serde_json::from_str(&text(policy)).unwrap();
    assert_eq!(policy["Version"], "1.1", "the version of custom policies with actions");
    let mut granted: Vec<Permission> = Vec::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow");
        granted.extend(serde_json::from_value::<Vec<Permission>>(statement["Action"].clone()).unwrap());
    }
    workspace.emulator.with_state(|state| state.set_permissions(demo::ACCESS_KEY, Some(granted))).unwrap();
}

#[test]
fn every_example_has_a_test() {
    let known: BTreeSet<&str> = CASES
        .iter()
        .flat_map(|case| case.iter().map(|(file, _)| *file))
        .chain(WITH_A_TEST)
        .chain(NOT_EXAMPLES)
        .collect();
    let found = files_under("examples");
    let found: BTreeSet<&str> = found.iter().filter_map(|name| name.strip_prefix("examples/")).collect();
    assert_eq!(found, known, "the examples differ from those in {}", file!());
}
