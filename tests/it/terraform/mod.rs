//! Tests of the built provider with a real Terraform and the emulator. Tests run on the Terraform of this machine.
//! Those whose results depend on Terraform also run on version 1.15, and those of the action only there.

mod action;
mod action_progress;
pub(crate) mod awaited_texts;
mod background_task;
mod consumer_group;
pub(crate) mod debugging;
mod equivalent_values;
mod errors;
mod examples;
pub(crate) mod harness;
mod lifecycle;
mod moved_state;
mod outcome;
mod partition_list;
mod preflight_checks;
mod preview;
mod process;
mod provider_settings;
mod readme;
mod schema;
mod secrets;
mod targets;
mod transport;
mod unexpected_responses;
mod untrusted_text;
mod verification;

use std::fmt::Display;
use std::path::Path;
use std::sync::OnceLock;

use harness::Workspace;
use testkit::Environment;
use testkit::terraform::{Finder, Release, Terraform};

/// The Terraform that `TERRAFORM` names, or the one on PATH, or an older one from PyPI.
fn of_this_machine() -> &'static Terraform {
    static FOUND: OnceLock<Terraform> = OnceLock::new();
    FOUND.get_or_init(|| {
        let variable = std::env::var_os("TERRAFORM");
        find_terraform(|finder| finder.find(variable.as_deref(), &Release::OLDER))
    })
}

pub(crate) fn version_1_15() -> &'static Terraform {
    static FOUND: OnceLock<Terraform> = OnceLock::new();
    FOUND.get_or_init(|| find_terraform(|finder| finder.from_pypi(&Release::NEWEST)))
}

fn find_terraform<E: Display>(find: impl FnOnce(&Finder<'_>) -> Result<Terraform, E>) -> Terraform {
    let environment = Environment::from_current_process();
    let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target"));
    find(&Finder::new(&environment, target))
        .unwrap_or_else(|error| panic!("these tests need a real Terraform: {error:#}"))
}

/// Makes each function a test on one Terraform, with both names: `version_1_15::lifecycle::…`.
macro_rules! on_terraform {
    ($name:ident = $terraform:path { $($module:ident: $($test:ident),+;)+ }) => {
        mod $name {$(
            mod $module {$(
                #[test]
                fn $test() {
                    use crate::terraform;
                    terraform::$module::$test(&mut terraform::Workspace::new($terraform()));
                }
            )+}
        )+}
    };
}

/// Makes each function a test on both Terraforms.
macro_rules! on_every_terraform {
    ($($tests:tt)+) => {
        on_terraform! { of_this_machine = terraform::of_this_machine { $($tests)+ } }
        on_terraform! { version_1_15 = terraform::version_1_15 { $($tests)+ } }
    };
}

// Tests whose results depend on Terraform: schemas, plans, states, diagnostics with lines, signals and the connection.
on_every_terraform! {
    schema:
        printed_schema_is_what_terraform_reads;
    readme:
        recorded_run_matches_the_output_of_terraform;
    debugging:
        process_serves_many_runs_until_it_is_interrupted;
    lifecycle:
        apply_sends_one_reset_and_the_next_plan_changes_nothing,
        note_checks_and_limits_change_in_place_and_send_nothing,
        trigger_resets_again,
        destroy_sends_no_request,
        refresh_sends_no_request,
        values_known_only_at_apply_are_used_in_the_apply,
        values_over_four_mebibytes_are_accepted,
        provider_works_under_another_local_name,
        import_is_refused_with_a_reason,
        replaced_and_tainted_resources_reset_again,
        renamed_resource_is_not_reset_again,
        state_of_an_older_provider_is_not_reset_again,
        provider_block_may_be_unknown_in_a_plan,
        triggers_may_be_null_unknown_and_sensitive,
        partition_is_null_if_partition_offsets_is_set;
    equivalent_values:
        equivalent_values_plan_no_change,
        null_and_its_equivalents_update_in_place,
        switching_between_timestamp_and_datetime_does_not_reset,
        different_values_replace;
    errors:
        plan_reports_invalid_arguments_with_their_lines,
        invalid_offset_under_an_unquoted_key_does_not_crash_terraform,
        invalid_provider_arguments_are_reported_with_their_lines,
        missing_region_is_reported_once,
        secrets_are_absent_from_output_log_and_state;
    provider_settings:
        interrupt_ends_an_apply_that_blocks_on_reading_a_file;
    process:
        terraform_connects_over_mutual_tls,
        terraform_connects_in_plain_text_if_tls_is_disabled,
        interrupt_during_a_reset_reports_that_it_may_have_happened,
        interrupt_among_many_requests_lists_the_affected_partitions,
        apply_after_a_killed_provider_completes_the_reset,
        apply_after_a_killed_terraform_completes_the_reset,
        provider_sends_no_reset_after_terraform_is_killed,
        interrupt_ends_a_hanging_read_while_apply_plans,
        terraform_quotes_the_reason_for_a_failed_start;
    targets:
        recorded_offsets_roll_a_reset_back;
    preview:
        plan_previews_a_reset_on_request,
        plan_of_a_replacement_has_its_warnings,
        invalid_limits_are_reported_by_validation;
    outcome:
        offsets_before_and_after_are_in_the_state,
        partial_failure_lists_the_partitions_done_and_not_done;
    background_task:
        unknown_topic_is_announced_by_a_warning;
    action:
        provider_with_an_action_is_accepted_by_every_terraform;
    examples:
        each_example_applies,
        variable_rolls_the_reset_back,
        plan_shows_the_preview_of_the_guide,
        check_of_a_preview_warns_and_sends_nothing,
        pinned_preview_resets_only_if_its_trigger_changes,
        moved_example_converts_the_official_reset,
        both_providers_work_in_one_configuration,
        module_is_tested_against_the_emulator;
    consumer_group:
        precondition_prevents_the_reset_of_an_online_group,
        check_block_warns_and_does_not_fail,
        missing_group_is_reported_with_its_line,
        group_known_only_at_apply_is_read_in_the_apply;
    moved_state:
        official_reset_is_converted_without_another_reset,
        official_provider_may_stay_beside_ours,
        changes_made_with_a_move_have_their_usual_effect,
        attributes_missing_in_the_official_state_are_recorded_without_a_reset,
        unsupported_states_are_reported_and_kept;
}

// Tests whose results depend only on the provider and the service.
on_terraform! { only_of_this_machine = terraform::of_this_machine {
    debugging:
        each_provider_block_configures_only_its_own_resources;
    lifecycle:
        request_is_what_the_api_documents,
        targets_beyond_the_log_go_to_its_ends,
        plan_sends_no_request,
        group_name_with_special_characters_resets_only_that_group,
        reset_of_every_topic_is_announced_by_a_warning,
        many_resets_share_one_project_lookup_and_a_few_connections;
    errors:
        datetime_in_the_future_is_refused_by_plan_and_apply,
        missing_credentials_are_reported_with_the_sources_tried,
        wrong_secret_key_is_tried_once_and_never_shown,
        wrong_secret_key_is_tried_once_by_many_resets,
        refusal_of_an_online_group_shows_the_service_error,
        unknown_instance_is_reported_with_advice,
        unreachable_service_is_reported_as_not_sent;
    provider_settings:
        hcloud_profile_provides_credentials_and_region,
        invalid_credential_arguments_are_reported_with_their_lines,
        broken_settings_fail_only_operations_that_send_requests,
        proxies_are_not_used_for_loopback_addresses;
    process:
        interrupt_while_waiting_for_members_sends_no_reset,
        interrupt_while_a_task_runs_reports_an_accepted_reset,
        interrupt_among_resets_waiting_for_members_sends_none,
        unusable_temporary_directory_does_not_fail_an_apply,
        time_limit_while_waiting_for_members_names_the_members,
        time_limit_ends_a_hanging_reset;
    targets:
        each_target_moves_the_partitions_to_its_offsets,
        duration_counts_back_from_the_time_of_the_reset,
        duration_counts_back_by_the_services_clock,
        at_most_eight_requests_of_a_reset_are_in_flight,
        shift_without_committed_offsets_is_refused_with_advice,
        error_of_a_relative_reset_gives_the_absolute_target;
    preflight_checks:
        repeated_plans_and_refreshes_send_no_request,
        group_that_goes_offline_in_time_is_reset,
        online_group_is_refused_with_its_members,
        rebalancing_group_counts_as_online,
        unknown_names_are_reported_with_their_lines,
        out_of_range_target_is_refused_if_it_must_not_be_clamped,
        times_in_many_partitions_take_few_requests,
        range_check_ends_at_the_first_shared_failure,
        reset_is_refused_if_credentials_do_not_allow_its_checks,
        reset_by_time_needs_readable_messages,
        reset_without_checks_reads_nothing,
        group_is_read_once_for_all_checks;
    preview:
        data_source_shows_where_each_target_leads,
        data_source_shows_where_a_reset_of_every_topic_leads,
        reset_to_the_end_of_a_transaction_has_the_same_effect_as_its_preview,
        data_source_shows_logs_and_members_and_sends_only_reads,
        preview_names_the_members_of_an_active_group,
        resource_without_preview_reads_nothing_in_a_plan,
        preview_that_cannot_be_read_does_not_fail_the_plan,
        preview_ends_after_five_seconds,
        reset_beyond_a_limit_is_refused_before_it_is_sent,
        limit_exceeded_after_the_check_is_a_warning,
        messages_out_of_order_make_the_target_unknown;
    partition_list:
        truncated_list_of_partitions_is_an_error,
        list_without_a_total_resets_only_the_named_partitions;
    unexpected_responses:
        malformed_fields_that_are_not_needed_do_not_fail_a_reset,
        unreadable_row_that_is_needed_is_an_error,
        unnamed_offline_partition_is_not_moved,
        unreadable_values_are_null_in_the_data_source,
        negative_lag_counts_as_none,
        endless_list_is_an_error,
        compressed_response_is_reported_with_its_compression,
        error_shows_the_body_of_an_unreadable_response,
        group_is_not_reset_unless_its_state_is_empty,
        dead_group_with_offsets_is_reported_as_a_new_protocol_group,
        error_in_a_2xx_response_to_a_reset_is_not_a_success;
    outcome:
        state_of_a_reset_is_small,
        offsets_are_recorded_as_far_as_they_were_read,
        partition_without_a_committed_offset_is_null_and_is_not_rolled_back,
        clamped_times_are_detected_by_neighbouring_messages,
        skipped_unread_messages_are_a_warning,
        ignored_reset_is_an_error_with_the_offsets_in_the_state,
        ignored_reset_to_a_time_is_an_error,
        shift_with_a_lost_response_moves_once,
        lost_request_is_resent,
        log_that_grows_during_a_reset_is_not_an_error,
        shift_below_zero_is_out_of_range,
        resets_of_the_same_partitions_run_one_after_the_other,
        wrong_offset_after_a_reset_to_a_time_is_an_error,
        permission_lost_before_the_verification_is_an_error,
        offsets_verify_a_reset_whose_responses_were_lost,
        refusal_after_a_lost_response_may_have_changed_offsets,
        offsets_verify_one_partition_whose_responses_were_lost,
        lost_reset_of_a_group_without_offsets_is_an_error,
        failed_verification_also_reports_the_failed_reset;
    verification:
        transaction_marker_does_not_turn_a_failed_reset_into_a_success,
        accepted_reset_that_moved_nothing_after_a_transaction_is_an_error,
        reset_of_a_log_with_gaps_is_verified,
        slow_first_read_does_not_end_the_verification,
        offset_before_the_log_is_not_the_earliest,
        response_without_a_message_does_not_verify_a_reset,
        offset_with_unreadable_messages_is_not_verified,
        warnings_about_many_partitions_are_short,
        lost_reset_to_a_moving_end_of_the_log_is_an_error;
    background_task:
        task_is_followed_to_its_end,
        plausible_offset_does_not_outweigh_a_failed_task,
        each_group_follows_its_own_task,
        new_task_is_found_on_any_page,
        reset_with_a_lost_response_is_not_resent_if_its_task_exists,
        lost_reset_of_every_topic_is_resent,
        simultaneous_task_of_another_client_does_not_fail_the_reset,
        verified_reset_is_refused_without_permission_to_read_tasks,
        offsets_are_awaited_if_the_task_can_no_longer_be_read,
        topic_that_may_exist_is_not_skipped,
        group_without_offsets_is_an_error,
        task_of_another_client_that_appears_first_is_followed_too,
        time_limit_names_the_task_and_its_status,
        concurrent_resets_of_a_topic_and_of_every_topic_cause_a_warning,
        reset_that_only_waits_for_its_instance_causes_no_warning,
        failed_task_is_an_error_with_its_text,
        offsets_are_compared_after_an_unknown_task_status,
        unknown_task_status_is_an_error_without_verification;
    untrusted_text:
        member_names_are_printable_in_errors,
        names_are_printable_in_the_data_source,
        service_text_is_printable_in_errors,
        paths_and_variables_are_printable_in_errors,
        secrets_in_successful_responses_are_redacted,
        topic_named_like_a_secret_is_reset_and_verified,
        locked_key_is_reported_and_not_used_again;
    transport:
        temporary_failures_are_retried,
        retry_after_is_honoured,
        refusal_is_not_retried,
        body_that_is_not_json_is_quoted,
        retry_after_beyond_the_time_limit_fails_at_once,
        interrupt_between_retries_shows_the_last_response,
        redirect_is_an_error,
        oversized_response_is_an_error,
        rate_limit_of_the_service_is_respected,
        many_resets_among_faults_are_each_done_once;
    examples:
        outputs_work_without_committed_offsets_and_without_verification,
        oidc_token_replaces_the_access_key,
        preview_that_is_not_pinned_resets_again,
        policies_grant_exactly_what_they_are_for;
    consumer_group:
        data_source_shows_members_and_offsets,
        topic_limits_offsets_and_lag,
        given_project_is_not_looked_up,
        unknown_instance_is_reported_by_the_data_source,
        retry_after_beyond_the_time_limit_fails_a_read_at_once,
        missing_permission_is_named,
        forbidden_list_of_partitions_is_an_error,
        group_name_with_special_characters_reads_only_that_group,
        order_of_members_does_not_matter,
        unknown_provider_arguments_are_reported_by_a_read;
} }

// Terraform has actions since version 1.14.
on_terraform! { with_actions = terraform::version_1_15 {
    action:
        invocation_resets_and_reports_each_step,
        every_invocation_resets_again,
        action_without_a_trigger_is_not_invoked,
        trigger_invokes_at_its_event_and_not_without_a_change,
        failed_action_is_not_repeated_by_the_next_apply,
        invalid_arguments_are_reported_before_the_invocation,
        action_without_a_config_block_is_an_error,
        plan_warns_of_every_topic_and_refuses_an_unreachable_region,
        plan_previews_an_action_unless_it_is_turned_off,
        values_known_only_at_the_invocation_are_used,
        invalid_value_known_only_at_the_invocation_sends_no_reset,
        provider_block_may_be_unknown_when_an_action_is_planned,
        secrets_are_absent_from_output_and_log_of_an_invocation,
        schema_lists_the_action_with_its_arguments;
    examples:
        action_is_invoked_manually_and_by_its_trigger;
    untrusted_text:
        progress_of_an_action_is_printable;
    action_progress:
        online_group_is_refused_after_the_wait,
        online_group_is_refused_at_once_without_a_wait,
        group_whose_member_leaves_in_time_is_reset,
        statuses_of_the_task_are_reported,
        failed_task_is_reported_with_its_text,
        interrupt_during_a_reset_reports_that_it_may_have_happened,
        interrupt_while_waiting_for_members_reports_that_nothing_was_sent,
        interrupt_while_a_task_runs_reports_an_accepted_reset,
        time_limit_names_the_argument_to_raise,
        lost_response_to_a_shift_gives_the_offsets_that_complete_it;
} }

#[test]
fn newer_terraform_is_the_documented_version() {
    assert_eq!(version_1_15().version().to_string(), "1.15.5");
    println!("the other one is {}", of_this_machine());
}
