//! Between the wire's messages and the framework's types.

use prost::bytes::Bytes;

use super::super::attribute_path::{AttributePath, Step};
use super::super::diagnostics::{Diagnostic, Diagnostics, Severity};
use super::super::pb::tfplugin5 as pb;
use super::super::value::{Type, Value, json, msgpack};

/// Reads a value; an absent message is null.
pub(super) fn decode(value: Option<pb::DynamicValue>, value_type: &Type) -> Result<Value, Diagnostics> {
    let value = value.unwrap_or_default();
    let decoded = if value.msgpack.is_empty() && !value.json.is_empty() {
        json::decode(&value.json, value_type)
    } else {
        msgpack::decode(&value.msgpack, value_type)
    };
    decoded.map_err(|error| {
        Diagnostics::from_error(
            error.path().clone(),
            "Unreadable value from Terraform",
            format!("{error}. Terraform and the provider disagree about the schema; please report this."),
        )
    })
}

/// Writes a value.
pub(super) fn encode(value: &Value, value_type: &Type) -> Result<Option<pb::DynamicValue>, Diagnostics> {
    match msgpack::encode(value, value_type) {
        Ok(bytes) => Ok(Some(pb::DynamicValue { msgpack: Bytes::from(bytes), json: Bytes::new() })),
        Err(error) => Err(Diagnostics::from_error(
            error.path().clone(),
            "Value does not fit the schema",
            format!("{error}. This is a fault of the provider; please report it."),
        )),
    }
}

pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<pb::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> pb::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => pb::diagnostic::Severity::Error,
        Severity::Warning => pb::diagnostic::Severity::Warning,
    };
    pb::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: (!diagnostic.path.is_root()).then(|| path(&up_to_a_key(&diagnostic.path))),
    }
}

/// A path without the key of a map and what follows it.
///
/// Terraform looks such a key up in the source, and panics where it is written without quotes, as in `{ 0 = 1 }`: it
/// takes every key of an object for a string (seen in 1.11.4, 1.15.5 and OpenTofu 1.10.6). Without it, it shows the line
/// on which the map begins.
fn up_to_a_key(path: &AttributePath) -> AttributePath {
    path.steps().iter().take_while(|step| !matches!(step, Step::Key(_))).cloned().collect()
}

pub(super) fn path(path: &AttributePath) -> pb::AttributePath {
    use pb::attribute_path::step::Selector;
    let step = |step: &Step| pb::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(*index),
        }),
    };
    pb::AttributePath { steps: path.steps().iter().map(step).collect() }
}

/// Each answer that can carry diagnostics and nothing else.
macro_rules! from_diagnostics {
    ($($answer:ty),+ $(,)?) => {$(
        impl super::FromDiagnostics for $answer {
            fn from_diagnostics(found: Diagnostics) -> Self {
                Self { diagnostics: diagnostics(found), ..Self::default() }
            }
        }
    )+};
}

from_diagnostics!(
    pb::get_provider_schema::Response,
    pb::prepare_provider_config::Response,
    pb::upgrade_resource_state::Response,
    pb::read_resource::Response,
    pb::plan_resource_change::Response,
    pb::apply_resource_change::Response,
    pb::import_resource_state::Response,
    pb::move_resource_state::Response,
    pb::read_data_source::Response,
);

/// Answers that hold diagnostics alone.
macro_rules! only_diagnostics {
    ($($answer:ty),+ $(,)?) => {$(
        impl super::FromDiagnostics for $answer {
            fn from_diagnostics(found: Diagnostics) -> Self {
                Self { diagnostics: diagnostics(found) }
            }
        }
    )+};
}

only_diagnostics!(
    pb::configure::Response,
    pb::validate_resource_type_config::Response,
    pb::validate_data_source_config::Response,
    pb::validate_action_config::Response,
    pb::plan_action::Response,
    pb::invoke_action::event::Completed,
);
