//! Tests of the configuration that a create receives beside the plan.

use crate::tf_provider::value::Value;

use super::{apply_as, configured, text, thing, value};

/// A default is in the plan, but not in the configuration.
#[tokio::test]
async fn create_receives_the_configuration() {
    let server = configured().await;
    let Value::Map(mut config) = thing(text("shows config"), Value::Null) else { panic!("an object") };
    config.insert("size".to_owned(), Value::Null);
    let planned = thing(text("shows config"), Value::Unknown);
    let response = apply_as(&server, Value::Null, planned, Value::Map(config)).await;
    assert_eq!(value(response.new_state).get("id"), Some(&text("Null")));
}
