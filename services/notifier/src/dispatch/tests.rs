//! Rounds of planning on the embedded stores, with a clock of their own.

use super::*;
use crate::fakes::outbox::FakeOutbox;
use crate::plan::KEPT_AFTER_CLEARING;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::EmbeddedAlerts;
use watchkeeper_domain::{Series, Severity};
use watchkeeper_ports::Evaluation;
use watchkeeper_query::MAX_ALERTS;

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

struct Stage {
    _directory: TempDir,
    store: EmbeddedAlerts,
    dispatcher: Dispatcher,
}

impl Stage {
    /// Alerts of one rule, grouped by that, of which so many have just begun to fire.
    async fn new(group_by: &str, firing: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(directory.path()).unwrap();
        let config = format!(
            "[notifier]\ngroup_by = [{group_by:?}]\ngroup_wait = \"0s\"\n\
             [[rule]]\nname = \"high\"\nmatch = ['name=\"value\"']\n[rule.threshold]\nabove = 10\n"
        );
        let stage = Self {
            dispatcher: Dispatcher {
                alerts: store.alerts(),
                notifications: store.notifications(),
                silences: store.silences(),
                settings: NotifierSettings::of(&config),
                seen: watch::Sender::new(Arc::default()),
            },
            store,
            _directory: directory,
        };
        stage.put((0..firing).map(|number| alert(number, None)).collect()).await;
        stage
    }

    fn with_outbox(mut self, outbox: &Arc<FakeOutbox>) -> Self {
        self.dispatcher.notifications = outbox.clone();
        self
    }

    async fn put(&self, alerts: Vec<Alert>) {
        put(&self.store, alerts).await;
    }

    async fn round(&self, after: Duration) -> usize {
        self.dispatcher.round(now().plus(after)).await.unwrap()
    }
}

async fn put(store: &EmbeddedAlerts, alerts: Vec<Alert>) {
    let evaluation = Evaluation { alerts, ..Evaluation::default() };
    store.alerts().store(Arc::new(evaluation)).await.unwrap();
}

fn alert(number: usize, cleared_at: Option<Timestamp>) -> Alert {
    let target = format!("{number:05}");
    Alert {
        rule: "high".into(),
        series: Arc::new(Series::new("test", "value", "", &[("target", &target)]).unwrap()),
        severity: Severity::Warning,
        fired_at: now(),
        cleared_at,
        value: Some(20.0),
        reason: "is 20, above 10".into(),
        acknowledged: None,
    }
}

#[tokio::test]
async fn what_fires_is_put_into_the_outbox_once() {
    let stage = Stage::new("rule", 3).await;
    assert_eq!(stage.round(Duration::ZERO).await, 1);
    assert_eq!(stage.round(LOOK_EVERY).await, 0);
    assert_eq!(stage.store.notifications().waiting().await.unwrap(), 1);
    assert_eq!(stage.dispatcher.seen.borrow().firing(), 3);
}

#[tokio::test]
async fn of_alerts_beyond_the_bound_nobody_is_told_and_that_is_known() {
    let stage = Stage::new("rule", MAX_ALERTS).await;
    assert_eq!(stage.round(Duration::ZERO).await, 1);
    assert!(!stage.dispatcher.seen.borrow().is_beyond_bound);
    stage.put(vec![alert(MAX_ALERTS, None)]).await;
    stage.round(LOOK_EVERY).await;
    let seen = Arc::clone(&stage.dispatcher.seen.borrow());
    assert_eq!((seen.firing(), seen.is_beyond_bound), (MAX_ALERTS, true));
}

#[tokio::test]
async fn many_notifications_are_planned_in_parts_and_none_is_lost() {
    let stage = Stage::new("target", 2 * MAX_PER_PLAN + 1).await;
    assert_eq!(stage.round(Duration::ZERO).await, MAX_PER_PLAN);
    assert_eq!(stage.round(LOOK_EVERY).await, MAX_PER_PLAN);
    assert_eq!(stage.round(2 * LOOK_EVERY).await, 1);
    assert_eq!(stage.round(3 * LOOK_EVERY).await, 0);
}

#[tokio::test]
async fn a_full_outbox_is_given_nothing_more() {
    let full = Arc::new(FakeOutbox { waiting: MAX_WAITING, ..FakeOutbox::default() });
    let stage = Stage::new("rule", 1).await.with_outbox(&full);
    assert_eq!(stage.round(Duration::ZERO).await, 0);
    assert!(full.plans.lock().unwrap().is_empty());
    let almost = Arc::new(FakeOutbox { waiting: MAX_WAITING - 1, ..FakeOutbox::default() });
    let stage = stage.with_outbox(&almost);
    assert_eq!(stage.round(Duration::ZERO).await, 1);
}

#[tokio::test]
async fn a_plan_that_was_overtaken_is_made_anew_and_at_last_in_the_next_round() {
    let outbox = Arc::new(FakeOutbox { outdated: (MAX_ATTEMPTS + 1).into(), ..FakeOutbox::default() });
    let stage = Stage::new("rule", 1).await.with_outbox(&outbox);
    assert_eq!(stage.round(Duration::ZERO).await, 0);
    assert_eq!(stage.round(LOOK_EVERY).await, 1);
    assert_eq!(outbox.plans.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_alert_that_clears_while_another_planner_tells_so_is_not_told_as_firing() {
    let outbox = Arc::new(FakeOutbox::default());
    let stage = Stage::new("rule", 1).await.with_outbox(&outbox);
    let store = stage.store.clone();
    // The other has told the recovery, and the group is gone.
    let meanwhile = async move { put(&store, vec![alert(0, Some(now()))]).await };
    *outbox.meanwhile.lock().unwrap() = Some(Box::pin(meanwhile));
    assert_eq!(stage.round(Duration::ZERO).await, 0);
    assert!(outbox.plans.lock().unwrap().is_empty());
}

#[tokio::test]
async fn where_nothing_changes_nothing_is_stored() {
    let outbox = Arc::new(FakeOutbox::default());
    let stage = Stage::new("rule", 0).await.with_outbox(&outbox);
    assert_eq!(stage.round(Duration::ZERO).await, 0);
    assert!(outbox.plans.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_alert_that_has_cleared_is_removed_when_all_were_told() {
    let stage = Stage::new("rule", 1).await;
    let minutes = |count: u64| Duration::from_secs(60 * count);
    assert_eq!(stage.round(Duration::ZERO).await, 1);
    stage.put(vec![alert(0, Some(now().plus(minutes(1))))]).await;
    assert_eq!(stage.round(minutes(10)).await, 1, "the recovery");
    let left = async || stage.store.alerts().alerts(None, 10).await.unwrap().len();
    assert_eq!(left().await, 1);
    stage.round(minutes(1) + KEPT_AFTER_CLEARING).await;
    assert_eq!(left().await, 0);
}

#[tokio::test]
async fn a_notification_is_found_by_the_alerts_that_it_is_about_up_to_a_number() {
    let stage = Stage::new("rule", MAX_ABOUT + 1).await;
    assert_eq!(stage.round(Duration::ZERO).await, 1);
    let mut found = 0;
    for number in 0..=MAX_ABOUT {
        let about =
            stage.store.notifications().about(&AlertKey::of(&alert(number, None)).id(), 10).await.unwrap();
        found += about.len();
    }
    assert_eq!(found, MAX_ABOUT);
}
