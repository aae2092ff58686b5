//! Resolves times in several partitions.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::huaweicloud::{ErrorKind, UnixMillis};
use crate::provider::operation_limits::concurrently;

use super::super::context::ResetContext;
use super::super::locate::{Guess, Location, SharedReads, StoredMessages, Undetermined, locate};
use super::super::reset_plan::Position;

/// The maximum number of requests for messages of one partition. A search in a log of 10⁹ messages takes 41 at most,
/// plus one for each offset without a message around the result.
const MAX_REQUESTS: u32 = 64;

/// Resolves each time in its partition. The results have the order of `wanted`. The logs in `wanted` must be current.
/// If a read fails in a way that other partitions share, no further search begins.
pub(crate) async fn locate_times(
    ctx: &ResetContext<'_>,
    wanted: Vec<(&Position, UnixMillis)>,
) -> Vec<Result<Location, Undetermined>> {
    let (shared, has_failed) = (SharedReads::default(), AtomicBool::new(false));
    let search = |(position, time): (&Position, UnixMillis)| {
        let (client, instance, log) = (&ctx.client, &ctx.address.instance, position.log);
        let (topic, partition) = (position.topic.clone(), position.partition);
        let (shared, has_failed) = (&shared, &has_failed);
        async move {
            if has_failed.load(Ordering::Relaxed) {
                return Err(Undetermined::NotRead);
            }
            let messages = StoredMessages { client, instance, topic: &topic, partition, shared };
            let search = locate(time, log, Guess::Hint, MAX_REQUESTS, &messages);
            let location = ctx.limits.run(search).await.unwrap_or(Err(Undetermined::Interrupted));
            if location.as_ref().is_err_and(is_shared_failure) {
                has_failed.store(true, Ordering::Relaxed);
            }
            location
        }
    };
    concurrently(wanted.into_iter().map(search).collect()).await
}

/// Whether reads of other partitions will probably fail in the same way.
fn is_shared_failure(why: &Undetermined) -> bool {
    match why {
        // The response may be about this partition, such as one whose messages have just been deleted.
        Undetermined::Unreadable(error) => {
            !matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Decode)
        }
        _ => false,
    }
}
