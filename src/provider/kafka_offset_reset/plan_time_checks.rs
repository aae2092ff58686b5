//! Checks and warnings that the resource and the action have in common, mostly at plan time.

use crate::huaweicloud::Region;
use crate::provider::config::Location;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{AttributePath, Diagnostics};

/// The name of the resource, and of the action.
pub(super) const TYPE_NAME: &str = "huaweicloud_kafka_offset_reset";

const EVERY_TOPIC: &str = "No topic set: every topic of consumer group <group> is reset";
const MAYBE_EVERY_TOPIC: &str = "Topic not known yet: without one, every topic of consumer group <group> is reset";
const UNREACHABLE_REGION: &str = "Unreachable region";
/// The patterns of all titles, as the documentation lists them.
pub(crate) const TITLES: &[&str] = &[EVERY_TOPIC, MAYBE_EVERY_TOPIC, UNREACHABLE_REGION];

/// Errors in arguments that became known only after planning.
pub(super) fn not_sent(errors: Diagnostics) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for it in errors {
        diagnostics.error(it.path, it.summary, format!("{} The reset was not sent.", it.detail));
    }
    diagnostics
}

/// Warns at plan time, while the user can still change the configuration.
pub(super) fn warn_of_every_topic(group: &Attr<String>, topic: &Attr<String>, diagnostics: &mut Diagnostics) {
    let (path, pattern, condition) = match topic {
        Attr::Known(_) => return,
        Attr::Null => (AttributePath::root(), EVERY_TOPIC, ""),
        Attr::Unknown => (
            AttributePath::attribute("topic"),
            MAYBE_EVERY_TOPIC,
            "If topic turns out to be null, the following applies. ",
        ),
    };
    let group = group.known().map_or("(known after apply)".to_owned(), |group| format!("{group:?}"));
    let detail = format!(
        "{condition}The reset moves the offsets of every topic that the group has consumed. The service does that in a \
         background task, and the provider waits until the task has ended."
    );
    diagnostics.warning(path, pattern.replace("<group>", &group), detail);
}

/// Refuses a region, or a missing region, for which there is no address. Validation has reported malformed names.
pub(super) fn check_region(region: &Attr<String>, location: &Location, diagnostics: &mut Diagnostics) {
    let named = match region {
        Attr::Known(name) => Region::parse(name).ok(),
        Attr::Null => None,
        Attr::Unknown => return,
    };
    if let Err(error) = location.check(named.as_ref()) {
        let detail = match named {
            Some(_) => {
                let advice = "Correct region, or use a separate provider block with the endpoints of that region.";
                format!("{}. {advice}", error.report())
            }
            None => {
                "No region is set, and the service's address depends on the region. Set region here or in the provider \
                 block, or set HW_REGION_NAME."
                    .to_owned()
            }
        };
        diagnostics.error(AttributePath::attribute("region"), UNREACHABLE_REGION, detail);
    }
}
