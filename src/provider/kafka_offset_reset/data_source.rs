//! The data source: previews a reset. Sends only reads.

use std::sync::Arc;
use std::time::Duration;

use crate::huaweicloud::MessageOffset;
use crate::provider::Configured;
use crate::provider::kafka_consumer_group::members;
use crate::provider::operation_limits::Limits;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{DataSource, DataSourceRequest, Diagnostics, Schema};

use super::arguments::{Form, OffsetPreview};
use super::context::ResetContext;
use super::offset_record::{OffsetRecord, offset_map};
use super::plan_time_checks::TYPE_NAME;
use super::preview::{Preview, preview};
use super::report::{WarningKind, Warnings, bounded_list, describe_unknown, into_diagnostics};
use super::request::ResetRequest;
use super::reset_plan::{Forecast, Position};
use super::schema;

/// The time limit of the whole read.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The data source.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct KafkaOffsetResetPreview;

impl DataSource for KafkaOffsetResetPreview {
    type Model = OffsetPreview;
    type Client = Configured;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::data_source()
    }

    fn validate(&self, config: OffsetPreview) -> Diagnostics {
        ResetRequest::check(&config.arguments(), Form::DataSource, None)
    }

    async fn read(
        &self,
        request: DataSourceRequest<OffsetPreview, Configured>,
    ) -> Result<(OffsetPreview, Diagnostics), Diagnostics> {
        let DataSourceRequest { config, client: configured, cancellation } = request;
        let request = ResetRequest::parse(&config.arguments(), Form::DataSource, configured.system.now())?;
        let limits = Limits::new(cancellation, TIMEOUT);
        let ctx = ResetContext::connect(&request, &configured, &limits, Arc::default()).await?;
        let mut warnings = Warnings::new();
        let preview = preview(&ctx, &mut warnings).await.map_err(|failure| failure.not_sent(&request, ctx.region()))?;
        let unknown = describe_unknown(&preview.forecasts);
        if !unknown.is_empty() {
            let detail =
                format!("The new offsets of these partitions cannot be determined:\n{}", bounded_list(&unknown));
            warnings.push((WarningKind::TargetsUnknown, detail));
        }
        let region = Attr::from_option(ctx.region().map(ToString::to_string));
        let project_id = Attr::Known(ctx.address.instance.project_id.to_string());
        let block = OffsetPreview { region, project_id, ..config }.with_results(preview);
        Ok((block, into_diagnostics(warnings, &request.group)))
    }
}

impl OffsetPreview {
    fn with_results(self, preview: Preview) -> Self {
        let Preview { group, forecasts, .. } = preview;
        let after: Vec<Position> = forecasts.iter().map(position_after).collect();
        let moved: Vec<_> =
            forecasts.iter().zip(&after).map(|(it, after)| (&it.position, after, it.is_clamped())).collect();
        let OffsetRecord { before, after, clamped, movement } = OffsetRecord::new(&moved);
        let log = |end: fn(&Position) -> MessageOffset| {
            Attr::Known(offset_map(forecasts.iter().map(|it| (&it.position, Some(end(&it.position))))))
        };
        Self {
            before: Attr::from_option(before),
            after: Attr::from_option(after),
            clamped: Attr::from_option(clamped),
            replayed_messages: Attr::from_option(movement.map(|it| it.replayed)),
            skipped_messages: Attr::from_option(movement.map(|it| it.skipped)),
            log_start: log(|it| it.log.start),
            log_end: log(|it| it.log.end),
            state: Attr::Known(group.state.to_string()),
            members: Attr::Known(members(group.members)),
            ..self
        }
    }
}

/// The position after the reset.
fn position_after(forecast: &Forecast) -> Position {
    Position { committed: forecast.offset(), ..forecast.position.clone() }
}
