//! Converts between protocol messages and the framework's types.

use prost::bytes::Bytes;

use crate::tf_provider::attribute_path::{AttributePath, Step};
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::titles;
use crate::tf_provider::value::{Type, Value, json, msgpack};

/// Decodes a value. An absent message is null.
///
/// # Errors
///
/// If the value does not conform to the type.
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
            titles::UNREADABLE_VALUE,
            format!("{error}. Terraform and the provider use different schemas. Please report this."),
        )
    })
}

/// Encodes a value.
///
/// # Errors
///
/// If the value does not conform to the type.
pub(super) fn encode(value: &Value, value_type: &Type) -> Result<Option<pb::DynamicValue>, Diagnostics> {
    match msgpack::encode(value, value_type) {
        Ok(bytes) => Ok(Some(pb::DynamicValue { msgpack: Bytes::from(bytes), json: Bytes::new() })),
        Err(error) => Err(Diagnostics::from_error(
            error.path().clone(),
            titles::NONCONFORMING_VALUE,
            format!("{error}. This is a bug in the provider. Please report it."),
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
        attribute: (!diagnostic.path.is_root()).then(|| path(&without_map_keys(&diagnostic.path))),
    }
}

/// The path up to the first map key.
///
/// Terraform looks up the key in the source. It panics if the key has no quotes, as in `{ 0 = 1 }`, because it expects
/// the keys of objects to be strings (1.11.4, 1.15.5, OpenTofu 1.10.6). Without the key, it shows the line where the
/// map begins.
fn without_map_keys(path: &AttributePath) -> AttributePath {
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

macro_rules! from_diagnostics {
    ($($response:ty),+ $(,)?) => {$(
        impl super::FromDiagnostics for $response {
            fn from_diagnostics(found: Diagnostics) -> Self {
                #[allow(clippy::needless_update, reason = "some responses have only diagnostics")]
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
    pb::configure::Response,
    pb::validate_resource_type_config::Response,
    pb::validate_data_source_config::Response,
    pb::validate_action_config::Response,
    pb::plan_action::Response,
    pb::invoke_action::event::Completed,
);
