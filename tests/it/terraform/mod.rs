//! A real Terraform against the built provider and the emulator: each test on the Terraform of this machine and on
//! Terraform 1.15.

mod action;
mod action_under_way;
mod consumer_group;
pub(crate) mod debugging;
mod errors;
mod every_topic;
mod examples;
pub(crate) mod harness;
mod hostile;
mod life_cycle;
mod moved;
mod notation;
mod odd_answers;
mod partition_list;
mod process;
mod proof;
mod readme;
mod safety;
mod schema;
mod secrets;
mod sign_in;
mod targets;
mod transport;
mod verification;

use std::path::Path;
use std::sync::OnceLock;

use harness::Workspace;
use xtask::Environment;
use xtask::process::Supervisor;
use xtask::terraform::{Finder, Release, Terraform};

/// The Terraform that `TERRAFORM` names, else the one on PATH, else one from PyPI that is as old.
fn of_this_machine() -> &'static Terraform {
    static FOUND: OnceLock<Terraform> = OnceLock::new();
    FOUND.get_or_init(|| look(|finder| finder.find_for_tests(std::env::var_os("TERRAFORM").as_deref())))
}

pub(crate) fn version_1_15() -> &'static Terraform {
    static FOUND: OnceLock<Terraform> = OnceLock::new();
    FOUND.get_or_init(|| look(|finder| finder.from_pypi(&Release::NEWEST)))
}

fn look(find: impl FnOnce(&Finder<'_>) -> Result<Terraform, xtask::Error>) -> Terraform {
    let (environment, supervisor) = (Environment::from_current_process(), Supervisor::new());
    let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target"));
    find(&Finder::new(&environment, &supervisor, target))
        .unwrap_or_else(|error| panic!("these tests need a real Terraform: {error}"))
}

/// Makes of each function a test on one Terraform, named after both: `version_1_15::life_cycle::…`.
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

/// Makes of each function two tests.
macro_rules! on_each_terraform {
    ($($tests:tt)+) => {
        on_terraform! { of_this_machine = terraform::of_this_machine { $($tests)+ } }
        on_terraform! { version_1_15 = terraform::version_1_15 { $($tests)+ } }
    };
}

on_each_terraform! {
    schema:
        printed_schemas_are_those_that_terraform_prints;
    readme:
        recorded_run_is_what_terraform_prints;
    debugging:
        process_serves_many_runs_and_ends_by_itself_only_at_an_interrupt,
        provider_block_was_used_for_resources_of_another;
    life_cycle:
        apply_sends_one_reset_and_the_next_plan_changes_nothing,
        request_is_what_the_api_documents,
        targets_beyond_the_log_go_to_its_ends,
        note_and_timeouts_change_in_place_and_send_nothing,
        trigger_resets_again,
        destroy_forgets_without_a_call,
        refresh_calls_nothing,
        plan_calls_nothing,
        values_known_only_at_apply_are_used_then,
        odd_group_name_reaches_exactly_that_group,
        every_topic_is_warned_about_and_reset,
        many_resets_share_one_project_lookup_and_a_few_connections,
        large_values_pass,
        provider_works_under_another_local_name,
        import_is_refused_with_the_reason,
        replaced_and_tainted_resources_reset_again,
        renamed_resource_is_not_reset_again,
        state_of_an_older_provider_is_not_reset_again,
        provider_block_may_be_unknown_in_a_plan,
        triggers_may_be_null_unknown_and_sensitive,
        partition_is_null_with_partition_offsets;
    notation:
        another_notation_of_the_same_reset_changes_nothing,
        null_and_its_equivalents_replace_nothing,
        switching_between_timestamp_and_datetime_does_not_reset,
        different_values_replace;
    errors:
        mistakes_are_told_at_plan_with_their_lines,
        datetime_in_the_future_is_refused_by_plan_and_apply,
        mistake_under_a_bare_number_as_key_does_not_crash_terraform,
        mistakes_in_the_provider_block_are_told_with_their_lines,
        unreachable_region_is_told_with_what_to_do,
        missing_region_was_told_twice,
        missing_credentials_are_told_with_the_sources_tried,
        wrong_secret_is_refused_once_and_never_shown,
        wrong_secret_is_tried_once_by_many_resets,
        refusal_of_an_active_group_is_passed_on,
        unknown_instance_is_passed_on,
        service_that_is_not_there_is_told_as_not_sent,
        secrets_stay_out_of_output_log_and_state;
    sign_in:
        profile_of_hcloud_has_keys_and_region,
        mistakes_in_the_sign_in_are_told_with_their_lines,
        broken_settings_stop_only_requests,
        proxies_are_not_used_for_this_computer,
        interrupt_while_reading_a_file_blocks_ends_the_apply;
    process:
        terraform_connects_over_mutual_tls,
        terraform_connects_in_plain_text_when_told_to,
        interrupt_during_apply_ends_it_and_says_what_is_known,
        interrupt_while_members_are_waited_for_sends_nothing,
        interrupt_while_a_task_runs_says_that_it_goes_on,
        interrupt_among_many_resets_names_what_may_have_been_done,
        killed_provider_leaves_nothing_and_the_next_apply_finishes,
        killed_terraform_leaves_no_provider_and_the_next_apply_finishes,
        interrupt_among_resets_that_wait_for_members_sends_none,
        killed_terraform_sends_nothing_more,
        interrupt_while_apply_plans_ends_a_read_that_hangs,
        unusable_directory_for_temporary_files_does_not_stop_a_run,
        terraform_quotes_the_reason_of_a_failed_start,
        time_limit_while_members_are_waited_for_was_blamed_on_the_service,
        time_limit_ends_a_reset_that_hangs;
    targets:
        each_target_moves_the_partitions_where_it_says,
        duration_counts_back_from_the_reset,
        duration_counts_back_by_the_services_clock,
        at_most_eight_resets_of_one_apply_are_on_their_way_at_once,
        shift_where_nothing_is_committed_is_refused_with_the_way_out,
        offsets_before_are_the_way_back,
        error_of_a_relative_reset_gives_the_absolute_target;
    safety:
        ten_plans_and_refreshes_send_nothing,
        group_that_goes_offline_a_second_later_is_waited_for,
        group_that_stays_online_is_refused_with_who_is_there,
        rebalancing_group_is_not_inactive,
        names_that_are_not_there_are_told_with_their_lines,
        target_out_of_range_is_refused_where_it_must_not_be_clamped,
        reset_is_refused_if_credentials_do_not_allow_its_checks,
        reset_by_time_needs_readable_messages,
        without_checks_nothing_is_read,
        group_is_read_once_for_all_checks;
    partition_list:
        list_that_ends_early_moved_partitions_that_nobody_named,
        list_without_a_total_moves_the_named_partitions_alone;
    odd_answers:
        unneeded_fields_never_stop_a_reset,
        unreadable_row_that_is_needed_is_an_error,
        unnamed_offline_partition_is_not_moved,
        unreadable_values_are_null_in_the_data_source,
        negative_lag_counts_as_none,
        endless_list_is_an_error,
        compressed_answer_is_reported_with_its_compression,
        error_shows_the_text_of_a_successful_answer,
        group_is_not_reset_unless_its_state_is_empty,
        dead_group_with_offsets_is_reported_as_a_new_protocol_group;
    proof:
        offsets_before_and_after_are_in_the_state,
        clamped_times_are_told_by_the_messages_around,
        skipped_unread_messages_are_a_warning,
        reset_that_moved_nothing_fails_and_keeps_what_is_known,
        time_that_moved_nothing_is_told_from_one_that_had_nothing_to_move,
        failure_in_the_middle_names_what_was_done,
        lost_answer_of_a_shift_makes_one_step,
        lost_request_is_sent_again,
        log_that_grows_meanwhile_is_no_failure,
        shift_below_zero_escaped_the_check_of_its_range,
        resets_of_the_same_partitions_failed_each_other,
        time_that_led_elsewhere_was_taken_for_moved_as_asked,
        permission_lost_before_the_verification_is_an_error_with_the_old_offsets,
        reset_whose_answers_were_lost_is_proved_by_its_offsets,
        refusal_after_a_lost_answer_was_told_as_nothing_done,
        lost_answers_of_one_partition_were_not_proved,
        lost_reset_of_a_group_without_offsets_was_told_as_done,
        failure_of_the_look_hid_the_failure_of_sending;
    verification:
        transaction_marker_does_not_turn_a_failed_reset_into_a_success,
        accepted_reset_that_moved_nothing_after_a_transaction_is_an_error,
        reset_of_a_log_with_gaps_is_verified,
        offset_with_unreadable_messages_is_not_verified,
        warnings_about_many_partitions_are_short;
    every_topic:
        task_is_followed_to_its_end,
        merely_plausible_offset_does_not_outweigh_a_failed_task,
        two_groups_in_one_apply_follow_their_own_tasks,
        new_task_is_found_on_any_page,
        lost_answer_is_not_sent_again_when_its_task_is_there,
        lost_request_of_every_topic_is_sent_again,
        task_of_somebody_else_at_the_same_moment_does_not_decide,
        verified_reset_is_refused_without_permission_to_read_tasks,
        offsets_are_awaited_if_the_task_can_no_longer_be_read,
        topic_that_may_exist_is_not_left_out,
        group_that_has_consumed_nothing_is_told,
        foreign_task_that_shows_up_first_decided,
        topic_that_turns_out_to_be_null_was_not_warned_about,
        time_limit_names_the_task_and_its_status,
        concurrent_resets_of_a_topic_and_of_every_topic_cause_a_warning,
        reset_that_only_waits_for_its_instance_causes_no_warning;
    hostile:
        names_of_members_are_printable_in_the_error_of_a_reset,
        names_are_printable_in_the_data_source,
        texts_of_the_service_are_printable_in_errors,
        paths_and_variables_are_printable_in_errors,
        secrets_in_successful_answers_are_redacted,
        topic_named_like_a_secret_is_reset_and_verified,
        locked_key_is_reported_and_not_used_again;
    transport:
        failures_in_passing_end_well,
        wait_of_two_refusals_is_seconds_not_minutes,
        refusal_is_told_once_with_the_services_words,
        body_that_is_no_json_is_quoted,
        wait_longer_than_the_time_limit_is_told_at_once,
        interrupt_of_a_wait_says_what_was_waited_for,
        redirect_is_an_error,
        answer_without_end_is_bounded;
    action:
        provider_with_an_action_is_accepted_by_every_terraform;
    examples:
        outputs_hold_where_nothing_was_committed_and_where_nothing_is_read,
        each_file_is_planned_and_applied,
        token_of_an_identity_provider_takes_the_place_of_keys,
        roll_back_is_a_variable_away,
        moved_example_takes_the_reset_over,
        both_providers_work_in_one_configuration,
        module_is_tested_against_the_emulator,
        policies_allow_what_they_are_for_and_no_more;
    consumer_group:
        group_is_shown_with_members_and_offsets,
        given_project_is_not_looked_up,
        precondition_keeps_a_reset_from_a_group_with_members,
        check_block_warns_and_does_not_fail,
        missing_group_is_told_at_its_line,
        unknown_instance_is_passed_on_by_a_read,
        wait_that_the_service_asked_a_read_for_was_sat_out,
        missing_permission_is_named,
        odd_group_name_is_read_as_exactly_that,
        another_order_of_members_is_no_change,
        group_known_only_at_apply_is_read_then,
        unknown_provider_block_is_told_by_a_read;
    moved:
        official_reset_is_taken_over_without_another_reset,
        official_provider_may_stay_beside_ours,
        what_is_changed_beside_a_move_does_as_it_always_does,
        attributes_missing_in_the_official_state_are_recorded_without_a_reset,
        what_cannot_be_taken_over_is_told_and_left_as_it_is;
}

// Long, and about nothing that differs between Terraforms.
on_terraform! { at_length = terraform::of_this_machine {
    every_topic:
        ends_other_than_success_fail_with_the_tasks_words,
        offsets_decide_after_an_unknown_task_status,
        unknown_task_status_is_an_error_without_verification;
    odd_answers:
        error_in_a_successful_answer_to_a_reset_is_not_a_success;
    verification:
        lost_reset_to_a_moving_end_of_the_log_is_an_error;
    transport:
        limit_of_the_service_is_found_and_kept,
        thousand_resets_among_faults_of_every_kind_are_done_once;
} }

// Terraform has actions from 1.14 on.
on_terraform! { with_actions = terraform::version_1_15 {
    action:
        invocation_resets_and_tells_each_step,
        every_invocation_resets_again,
        action_that_nothing_triggers_is_not_invoked,
        trigger_invokes_at_its_event_and_not_without_a_change,
        failed_action_was_said_to_run_again_by_the_next_apply,
        mistakes_are_told_before_the_invocation_with_their_lines,
        action_without_a_config_block_is_told_what_it_lacks,
        plan_warns_of_every_topic_and_unreachable_region_is_refused,
        values_known_only_at_the_invocation_are_used_then,
        mistake_in_a_value_known_only_at_the_invocation_sends_nothing,
        provider_block_may_be_unknown_when_an_action_is_planned,
        secrets_stay_out_of_output_and_log_of_an_invocation,
        schema_lists_the_action_with_its_arguments;
    examples:
        action_is_invoked_by_hand_and_by_its_trigger;
    hostile:
        progress_of_an_action_is_printable;
    action_under_way:
        online_group_is_told_and_refused_after_the_wait,
        online_group_is_refused_at_once_where_nobody_wants_to_wait,
        member_that_leaves_in_time_lets_the_reset_begin,
        task_of_every_topic_is_told_to_its_end,
        task_that_fails_is_told_with_its_own_text,
        interrupt_of_a_reset_under_way_says_that_it_may_have_been_carried_out,
        interrupt_while_waiting_for_members_says_that_nothing_was_sent,
        interrupt_while_a_task_runs_says_that_the_reset_was_accepted,
        time_limit_names_the_argument_to_raise,
        lost_answer_of_a_shift_gives_the_offsets_that_complete_it;
} }

#[test]
fn newer_terraform_is_the_one_that_is_promised() {
    assert_eq!(version_1_15().version().to_string(), "1.15.5");
    println!("the other one is {}", of_this_machine());
}
