//! The reset call: its body, read strictly, and its answer.

use super::Names;
use crate::message::{Answer, Refusal, Request};
use crate::state::{Reset, State, Target};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::error::Category;

/// The documented body and nothing else. Fields that may be absent may still not be `null`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// Empty for every topic. Mandatory according to the API page and every SDK.
    topic: String,
    /// Mandatory by the API page, although the same page names a default. Whoever leaves it out
    /// by mistake would move every partition, so the emulator insists.
    partition: i32,
    #[serde(default, deserialize_with = "present")]
    message_offset: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    timestamp: Option<i64>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(value).map(Some)
}

pub(super) fn reset_offsets(
    state: &mut State,
    names: &Names,
    request: &Request,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let reset = parse(&request.body)?;
    state.reset(&names.project, &names.instance, &names.group, &reset, now)?;
    Ok(Answer::no_content())
}

/// The partition that a reset's body names, if it names one, however wrong the rest of it is.
pub(crate) fn partition_asked(request: &Request) -> Option<i32> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    body["partition"].as_i64().and_then(|partition| i32::try_from(partition).ok())
}

fn parse(body: &[u8]) -> Result<Reset, Refusal> {
    if body.is_empty() {
        return Err(Refusal::new(400, "DMS.00400004", "The request body is empty."));
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => invalid(error.to_string()),
        _ => Refusal::new(400, "DMS.00400005", format!("The request body is not JSON: {error}.")),
    })?;
    let target = match (body.message_offset, body.timestamp) {
        (Some(offset), None) => Target::Offset(offset),
        (None, Some(timestamp)) => Target::Timestamp(timestamp),
        _ => {
            return Err(invalid("exactly one of message_offset and timestamp must be given"));
        }
    };
    if body.topic.is_empty() && body.message_offset.is_some() {
        return Err(invalid("message_offset needs a topic; use timestamp to reset every topic"));
    }
    let partition = match body.partition {
        -1 => None,
        partition if partition < 0 => return Err(invalid("partition must be -1 or more")),
        partition => Some(partition),
    };
    Ok(Reset { topic: Some(body.topic).filter(|topic| !topic.is_empty()), partition, target })
}

fn invalid(what: impl AsRef<str>) -> Refusal {
    let message = format!("Request parameter is invalid: {}.", what.as_ref());
    Refusal::new(400, "DMS.00400800", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_bodies_are_understood() {
        let table = [
            (r#"{"topic":"t","partition":0,"message_offset":10}"#, Some("t"), Some(0), Target::Offset(10)),
            (r#"{"topic":"","partition":-1,"timestamp":0}"#, None, None, Target::Timestamp(0)),
            (r#"{"topic":"","partition":-1,"timestamp":-1}"#, None, None, Target::Timestamp(-1)),
            (
                r#"{"topic":"t","partition":2147483647,"message_offset":9223372036854775807}"#,
                Some("t"),
                Some(i32::MAX),
                Target::Offset(i64::MAX),
            ),
        ];
        for (body, topic, partition, target) in table {
            let expected = Reset { topic: topic.map(str::to_owned), partition, target };
            assert_eq!(parse(body.as_bytes()).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn any_other_body_is_refused() {
        let table = [
            ("", "DMS.00400004"),
            ("{", "DMS.00400005"),
            ("topic=t", "DMS.00400005"),
            (r#"{"topic":"t","partition":0,"timestamp":1} x"#, "DMS.00400005"),
            ("[]", "DMS.00400800"),
            ("null", "DMS.00400800"),
            (r#"{"topic":"t","message_offset":1}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"message_offset":1,"timestamp":1}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":"0","message_offset":1}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"message_offset":"1"}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"message_offset":1.0}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"message_offset":1e3}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"message_offset":null}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"timestamp":1,"message_offset":null}"#, "DMS.00400800"),
            (r#"{"topic":null,"partition":0,"message_offset":1}"#, "DMS.00400800"),
            (r#"{"partition":-1,"timestamp":0}"#, "DMS.00400800"),
            (r#"{"topic":"","partition":-1,"message_offset":1}"#, "DMS.00400800"),
            (r#"{"topic":1,"partition":0,"message_offset":1}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":2147483648,"message_offset":1}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"message_offset":9223372036854775808}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":-2,"message_offset":1}"#, "DMS.00400800"),
            (r#"{"topic":"t","partition":0,"message_offset":1,"force":true}"#, "DMS.00400800"),
            (r#"{"topic":"t","topic":"u","partition":0,"message_offset":1}"#, "DMS.00400800"),
        ];
        for (body, code) in table {
            let refusal = parse(body.as_bytes()).unwrap_err();
            assert_eq!((refusal.status, refusal.code.as_ref()), (400, code), "{body}: {}", refusal.message);
        }
    }
}
