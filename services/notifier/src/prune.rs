//! Prunes notifications, silences, cleared alerts and incidents.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{AlertStore, IncidentStore, NotificationStore, SilenceStore};
use watchkeeper_query::INCIDENTS_KEPT;
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often to prune, the first time at the start.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Most alerts of the past that are kept, some 30 MB: those beyond, however young, are pruned.
const MAX_PAST_ALERTS: u64 = 100_000;

/// What is pruned.
pub(crate) struct Prunable {
    pub(crate) notifications: Arc<dyn NotificationStore>,
    pub(crate) silences: Arc<dyn SilenceStore>,
    pub(crate) alerts: Arc<dyn AlertStore>,
    pub(crate) incidents: Arc<dyn IncidentStore>,
}

/// Prunes by `retention`, and incidents by [`INCIDENTS_KEPT`], until the role stops. After a failure it waits for the next
/// interval; one that only a restart helps ends the role. While the clock is not trusted, prunes only what was due at
/// the last trusted reading.
pub(crate) async fn keep_pruning(
    context: RoleContext,
    clock: Clock,
    stores: Prunable,
    retention: impl Fn() -> Duration,
) -> RoleResult {
    let heartbeat = context.heartbeat("prune");
    let mut rounds = Rounds::every(PRUNE_EVERY, &context, &heartbeat);
    while rounds.next(prune(&clock, &stores, &retention)).await? {}
    Ok(())
}

async fn prune(clock: &Clock, stores: &Prunable, retention: &impl Fn() -> Duration) -> Result<(), Stopped> {
    let now = clock.look(Timestamp::now()).await?.earliest;
    let before = now.minus(retention());
    let notifications = stores.notifications.prune(before).await?;
    let silences = stores.silences.prune(before).await?;
    let alerts = stores.alerts.prune(before, MAX_PAST_ALERTS).await?;
    let incidents = stores.incidents.prune(now.minus(INCIDENTS_KEPT)).await?;
    if notifications + silences + alerts + incidents > 0 {
        tracing::info!(notifications, silences, alerts, incidents, "pruned what is older than its retention");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::outbox::mail;
    use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedStore};
    use watchkeeper_domain::clock::Looks;
    use watchkeeper_domain::{
        Alert, Incident, IncidentStatus, IncidentUpdate, Matchers, Series, Severity, Silence,
    };
    use watchkeeper_ports::{Evaluation, Lease, Outcome, PastAlerts, Plan};
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
        let incidents = store.incidents();
        let long_ago = Timestamp::now().minus(INCIDENTS_KEPT);
        let incident = |id: &str, at| Incident {
            id: id.into(),
            title: "slow".into(),
            pages: Vec::new(),
            affected: Vec::new(),
            maintenance: None,
            updates: vec![IncidentUpdate {
                at,
                status: IncidentStatus::Resolved,
                text: "text".into(),
                by: "ops".into(),
            }],
        };
        incidents.put(&incident("old", long_ago)).await.unwrap();
        incidents.put(&incident("kept", long_ago.plus(PRUNE_EVERY))).await.unwrap();
        let alerts = store.alerts();
        let cleared = Alert {
            rule: "busy".into(),
            series: Arc::new(Series::new("host", "load", "", &[]).unwrap()),
            severity: Severity::Info,
            fired_at: Timestamp::MIN,
            cleared_at: Some(Timestamp::MIN),
            value: None,
            reason: String::new(),
            acknowledged: None,
        };
        let evaluation = Evaluation { alerts: vec![cleared], ..Evaluation::default() };
        alerts.store(Arc::new(evaluation)).await.unwrap();
        let stores = Prunable {
            notifications: Arc::clone(&notifications),
            silences: Arc::clone(&silences),
            alerts: Arc::clone(&alerts),
            incidents: Arc::clone(&incidents),
        };
        let context = RoleContext::detached("notifier");
        let schedule = EmbeddedStore::open(directory.path()).unwrap().schedule();
        let believed = to_marks(&Looks::beginning_at(Timestamp::now()));
        let believed = believed.map(|(name, at)| (name.to_owned(), at));
        schedule.mark("notifier", &believed).await.unwrap();
        let ledger = ScheduledClock { schedule, owner: "notifier", believes_the_first: false };
        let clock = Clock::new(&context, ledger, || Duration::ZERO).unwrap();
        let pruning = keep_pruning(context.clone(), clock, stores, || Duration::ZERO);
        let pruning = tokio::spawn(pruning);
        let all = PastAlerts { of: None, since: Timestamp::MIN, after: None, limit: 1 };
        while incidents.incident("old").await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
        assert_eq!(silences.silence("1").await.unwrap(), None);
        assert_eq!(alerts.past(&all).await.unwrap(), []);
        assert!(incidents.incident("kept").await.unwrap().is_some());
        let left = notifications.newest(10).await.unwrap();
        assert_eq!(left.iter().map(|left| left.id.as_str()).collect::<Vec<_>>(), ["waits"]);
        context.shutdown().cancel();
        pruning.await.unwrap().unwrap();
    }
}
