//! Repetitions and pace: numbers of the block and of variables.

use super::{known, made_with, problems_of_the_block};
use crate::provider::config::ProviderConfig;
use crate::tf_provider::value::{Attr, Number};

fn rate(text: &str) -> ProviderConfig {
    let rate: Number = text.parse().unwrap();
    ProviderConfig { max_requests_per_second: Attr::Known(rate), ..ProviderConfig::default() }
}

/// What the client was told, as it tells it: repetitions, and the time between two requests.
async fn messages(block: &ProviderConfig, variables: &[(&str, &str)]) -> String {
    let text = format!("{:?}", made_with(block, variables).await.unwrap().unwrap());
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
        assert_eq!(messages(&block, variables).await, expected);
    }
}

#[test]
fn numbers_that_make_no_pace_are_told_with_their_line() {
    for text in ["0", "-1", "0.001", "1e300"] {
        let problems = problems_of_the_block(&rate(text), &[]);
        assert_eq!(problems, ["max_requests_per_second: It must be between 0.01 and 10000."], "{text}");
    }
}

/// Blank is no region, and no request could be addressed with it.
#[test]
fn empty_region_is_told_before_anything_is_asked() {
    let block = ProviderConfig { region: known(""), ..ProviderConfig::default() };
    let problems = problems_of_the_block(&block, &[("HW_REGION_NAME", "cn-north-4")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("region: region \"\" is not a region name"), "{problems:?}");
}

#[test]
fn request_timeout_is_read_in_both_forms() {
    let with = |text| ProviderConfig { request_timeout: known(text), ..ProviderConfig::default() };
    for text in ["45s", "1m30s", "PT45S", "PT1M30S"] {
        assert_eq!(problems_of_the_block(&with(text), &[]), Vec::<String>::new(), "{text}");
    }
    for text in ["0s", "PT0S", "soon", "-5s", "P1M"] {
        let problems = problems_of_the_block(&with(text), &[]);
        assert!(problems.len() == 1 && problems[0].starts_with("request_timeout: "), "{text}: {problems:?}");
    }
}
