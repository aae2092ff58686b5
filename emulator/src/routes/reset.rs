//! The reset call: parses its body strictly, and resets the offsets.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::message::{ApiError, Request, Response};
use crate::state::{MissingTopic, Reset, State, Target};

use super::PathParams;
use super::body::{invalid, parse_body};

/// The documented body. Unknown fields are refused, and an optional field must not be `null`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    /// Empty for every topic. `Choices::missing_topic` sets whether it can be omitted.
    #[serde(default, deserialize_with = "present")]
    topic: Option<String>,
    /// Mandatory according to the API documentation, although the same page has a default. A client that omits it by
    /// mistake would reset every partition, so the emulator requires it.
    partition: i32,
    #[serde(default, deserialize_with = "present")]
    message_offset: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    timestamp: Option<i64>,
}

fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

pub(super) fn reset_offsets(
    state: &mut State,
    params: &PathParams,
    request: &Request,
    now: Timestamp,
) -> Result<Response, ApiError> {
    // The body is parsed even if the instance does not exist.
    let choices = state.instance(&params.project, &params.instance).map(|instance| instance.choices);
    let reset = parse(&request.body, choices.unwrap_or_default().missing_topic)?;
    state.reset(&params.project, &params.instance, &params.group, &reset, now)?;
    Ok(Response::no_content().with_side_effect(true))
}

/// The `partition` in the body of a request, even if the rest of the body is not valid.
pub(crate) fn requested_partition(request: &Request) -> Option<i32> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    body["partition"].as_i64().and_then(|partition| i32::try_from(partition).ok())
}

fn parse(body: &[u8], missing_topic: MissingTopic) -> Result<Reset, ApiError> {
    let body: ResetBody = parse_body(body)?;
    if body.topic.is_none() && missing_topic == MissingTopic::Refused {
        return Err(invalid("missing field `topic`"));
    }
    let target = match (body.message_offset, body.timestamp) {
        (Some(offset), None) => Target::Offset(offset),
        (None, Some(timestamp)) => Target::Timestamp(timestamp),
        _ => {
            return Err(invalid("exactly one of message_offset and timestamp must be set"));
        }
    };
    let topic = body.topic.filter(|topic| !topic.is_empty());
    if topic.is_none() && body.message_offset.is_some() {
        return Err(invalid("message_offset needs a topic; use timestamp to reset every topic"));
    }
    let partition = match body.partition {
        -1 => None,
        partition if partition < 0 => return Err(invalid("partition must be -1 or more")),
        partition => Some(partition),
    };
    Ok(Reset { topic, partition, target })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_bodies_are_accepted() {
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
            assert_eq!(parse(body.as_bytes(), MissingTopic::Refused).unwrap(), expected, "{body}");
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
            (r#"["t",0,10,null]"#, "DMS.00400800"),
            (r#"["t",0,10]"#, "DMS.00400800"),
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
            let error = parse(body.as_bytes(), MissingTopic::Refused).unwrap_err();
            assert_eq!((error.status, error.code.as_ref()), (400, code), "{body}: {}", error.message);
        }
    }

    #[test]
    fn missing_topic_can_mean_every_topic_but_null_and_an_offset_cannot() {
        let parse = |body: &str| parse(body.as_bytes(), MissingTopic::EveryTopic).map_err(|error| error.code);
        let every_topic = Reset { topic: None, partition: None, target: Target::Timestamp(5) };
        assert_eq!(parse(r#"{"partition":-1,"timestamp":5}"#), Ok(every_topic));
        assert_eq!(parse(r#"{"partition":-1,"message_offset":5}"#), Err("DMS.00400800".into()));
        assert_eq!(parse(r#"{"topic":null,"partition":-1,"timestamp":5}"#), Err("DMS.00400800".into()));
    }
}
