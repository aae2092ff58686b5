//! What a create is told beside the plan.

use super::{apply_as, configured, text, thing, value};
use crate::tf_provider::value::Value;

/// A default stands in the plan, and not in the block.
#[tokio::test]
async fn create_sees_the_block_as_written() {
    let server = configured().await;
    let Value::Map(mut config) = thing(text("tells"), Value::Null) else { panic!("an object") };
    config.insert("size".to_owned(), Value::Null);
    let planned = thing(text("tells"), Value::Unknown);
    let answer = apply_as(&server, Value::Null, planned, Value::Map(config)).await;
    assert_eq!(value(answer.new_state).get("id"), Some(&text("Null")));
}
