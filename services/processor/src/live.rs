//! Keeps the counts of the last minutes where every process finds them at once.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::event::EVENTS;
use watchkeeper_ports::{AnswerCache, EventStore};
use watchkeeper_query::LiveCounts;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often the counts are renewed.
const RENEW_EVERY: Duration = Duration::from_secs(2);

/// Renews the live counts until the role stops.
pub(crate) async fn keep_counting(
    context: RoleContext,
    store: Arc<dyn EventStore>,
    answers: Arc<dyn AnswerCache>,
) -> RoleResult {
    let heartbeat = context.heartbeat("live counts");
    let mut rounds = Rounds::every(RENEW_EVERY, &context, &heartbeat);
    while rounds.next(renew(&*store, &*answers, Timestamp::now())).await? {}
    Ok(())
}

async fn renew(store: &dyn EventStore, answers: &dyn AnswerCache, now: Timestamp) -> Result<(), Stopped> {
    let counts = store.counts(EVENTS, LiveCounts::range(now)).await?;
    LiveCounts::put(answers, &counts).await?;
    Ok(())
}
