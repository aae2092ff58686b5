//! Numbers and durations in the block and in environment variables.

use crate::provider::config::ProviderConfig;
use crate::tf_provider::value::{Attr, Number};

use super::{client, known, problems_of_the_block};

fn rate(text: &str) -> ProviderConfig {
    let rate: Number = text.parse().unwrap();
    ProviderConfig { max_requests_per_second: Attr::Known(rate), ..ProviderConfig::default() }
}

/// The retries and the throttle of the client, from its `Debug` output.
async fn limits(block: &ProviderConfig, variables: &[(&str, &str)]) -> String {
    let text = format!("{:?}", client(block, variables).await.unwrap().unwrap());
    text.split_once("max_retries: ").unwrap().1.split_once(", rate").unwrap().0.to_owned()
}

#[tokio::test]
async fn numbers_reach_the_client() {
    let retries = |count| ProviderConfig { max_retries: Attr::Known(count), ..ProviderConfig::default() };
    for (block, variables, expected) in [
        (ProviderConfig::default(), &[][..], "5, throttle: Throttle { min_interval: 0ns"),
        (ProviderConfig::default(), &[("HW_MAX_RETRIES", "7")], "7, throttle: Throttle { min_interval: 0ns"),
        (ProviderConfig::default(), &[("HW_MAX_RETRIES", " +7\n")], "7, throttle: Throttle { min_interval: 0ns"),
        (ProviderConfig::default(), &[("HW_MAX_RETRIES", " ")], "5, throttle: Throttle { min_interval: 0ns"),
        (retries(0), &[("HW_MAX_RETRIES", "7")], "0, throttle: Throttle { min_interval: 0ns"),
        (rate("0.5"), &[], "5, throttle: Throttle { min_interval: 2s"),
        (rate("200"), &[], "5, throttle: Throttle { min_interval: 5ms"),
    ] {
        assert_eq!(limits(&block, variables).await, expected);
    }
}

#[test]
fn request_rate_out_of_range_is_reported() {
    for text in ["0", "-1", "0.001", "1e300"] {
        let problems = problems_of_the_block(&rate(text), &[]);
        let expected =
            "Invalid max_requests_per_second (max_requests_per_second): The rate must be between 0.01 and 10000.";
        assert_eq!(problems, [expected], "{text}");
    }
}

#[test]
fn empty_region_is_an_error_even_if_the_environment_has_one() {
    let block = ProviderConfig { region: known(""), ..ProviderConfig::default() };
    let problems = problems_of_the_block(&block, &[("HW_REGION_NAME", "cn-north-4")]);
    insta::assert_snapshot!(problems.join("\n"), @r#"Invalid region (region): region "" is not a valid region name: use lower-case letters, digits and hyphens, such as "cn-north-4"."#);
}

#[test]
fn request_timeout_is_read_in_both_forms() {
    let with = |text| ProviderConfig { request_timeout: known(text), ..ProviderConfig::default() };
    for text in ["45s", "1m30s", "PT45S", "PT1M30S"] {
        assert_eq!(problems_of_the_block(&with(text), &[]), Vec::<String>::new(), "{text}");
    }
    let refused = ["0s", "PT0S", "soon", "-5s", "P1M"].map(|text| problems_of_the_block(&with(text), &[]).join(" "));
    insta::assert_snapshot!(refused.join("\n"), @r#"
    Invalid request_timeout (request_timeout): The timeout must be longer than zero.
    Invalid request_timeout (request_timeout): The timeout must be longer than zero.
    Invalid request_timeout (request_timeout): "soon" is not a valid duration. Use a form such as "90s" or "2h30m", or ISO 8601, such as "PT90S" or "P1DT12H".
    Invalid request_timeout (request_timeout): "-5s" is negative. Use a duration such as "5m" or "PT5M".
    Invalid request_timeout (request_timeout): "P1M" has years or months, whose lengths vary. Use days or hours, such as "P30D" or "720h".
    "#);
}
