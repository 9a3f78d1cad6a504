//! Prunes notifications and silences.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{NotificationStore, SilenceStore};
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often to prune, the first time at the start.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Prunes notifications and silences by retention until the role stops. After a failure it waits for the next
/// interval; one that only a restart helps ends the role. While the clock is not trusted, prunes only what was due at
/// the last trusted reading.
pub(crate) async fn keep_pruning(
    context: RoleContext,
    clock: Clock,
    notifications: Arc<dyn NotificationStore>,
    silences: Arc<dyn SilenceStore>,
    retention: impl Fn() -> Duration,
) -> RoleResult {
    let heartbeat = context.heartbeat("prune");
    let mut rounds = Rounds::every(PRUNE_EVERY, &context, &heartbeat);
    while rounds.next(prune(&clock, &*notifications, &*silences, &retention)).await? {}
    Ok(())
}

async fn prune(
    clock: &Clock,
    notifications: &dyn NotificationStore,
    silences: &dyn SilenceStore,
    retention: &impl Fn() -> Duration,
) -> Result<(), Stopped> {
    let before = clock.look(Timestamp::now()).await?.earliest.minus(retention());
    let (notifications, silences) = (notifications.prune(before).await?, silences.prune(before).await?);
    if notifications + silences > 0 {
        tracing::info!(notifications, silences, "pruned notifications and silences");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::outbox::mail;
    use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedStore};
    use watchkeeper_domain::clock::Looks;
    use watchkeeper_domain::{Matchers, Silence};
    use watchkeeper_ports::{Lease, Outcome, Plan};
    use watchkeeper_runtime::clock::{ScheduledClock, to_marks};

    #[tokio::test]
    async fn what_is_past_its_retention_is_removed_at_the_start_but_for_what_waits() {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(directory.path()).unwrap();
        let (notifications, silences) = (store.notifications(), store.silences());
        let plan = Plan { notifications: vec![mail("sent"), mail("waits")], ..Plan::default() };
        let lease = Lease::new("sent", plan.notifications[0].made_at);
        notifications.plan(Arc::new(plan)).await.unwrap();
        notifications.settle(&lease, &Outcome::Delivered { at: Timestamp::now() }).await.unwrap();
        let ended = Silence {
            id: "1".into(),
            matchers: Matchers::default(),
            starts_at: Timestamp::MIN,
            ends_at: Timestamp::MIN.plus(PRUNE_EVERY),
            created_by: "ops".into(),
            comment: "maintenance".into(),
        };
        silences.put(&ended).await.unwrap();
        let context = RoleContext::detached("notifier");
        let schedule = EmbeddedStore::open(directory.path()).unwrap().schedule();
        let believed = to_marks(&Looks::beginning_at(Timestamp::now()));
        let believed = believed.map(|(name, at)| (name.to_owned(), at));
        schedule.mark("notifier", &believed).await.unwrap();
        let ledger = ScheduledClock { schedule, owner: "notifier", believes_the_first: false };
        let clock = Clock::new(&context, ledger, || Duration::ZERO).unwrap();
        let pruning =
            keep_pruning(context.clone(), clock, notifications.clone(), silences.clone(), || Duration::ZERO);
        let pruning = tokio::spawn(pruning);
        while silences.silence("1").await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
        let left = notifications.newest(10).await.unwrap();
        assert_eq!(left.iter().map(|left| left.id.as_str()).collect::<Vec<_>>(), ["waits"]);
        context.shutdown().cancel();
        pruning.await.unwrap().unwrap();
    }
}
