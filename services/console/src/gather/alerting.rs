//! Alerts, silences and notifications.

use super::Sources;
use super::outbox::{self, Outbox};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Series, Severity, Silence, Timestamp};
use watchkeeper_query::{Answer, FirstAlerts, first_alerts, unended_silences, within_time};
use watchkeeper_rules::{RuleSet, Unmatched};

pub(crate) struct Alerting {
    pub(crate) alerts: Answer<Alerts>,
    pub(crate) silences: Answer<Silences>,
    pub(crate) outbox: Answer<Outbox>,
}

/// Firing and recently cleared alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alerts {
    /// By severity, then newest first.
    pub(crate) firing: Vec<Alert>,
    /// The last to clear first.
    pub(crate) cleared: Vec<Alert>,
    /// Whether the limit of the query was reached.
    pub(crate) more_unread: bool,
}

/// The silences that have not ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Silences {
    /// Active ones, then pending ones, each by end time.
    pub(crate) all: Vec<Silence>,
    /// Whether the limit of the query was reached.
    pub(crate) more_unread: bool,
}

/// Queries all three concurrently.
pub(crate) async fn alerting(sources: &Sources, now: Timestamp) -> Alerting {
    let (alerts, silences, outbox) = tokio::join!(
        alerts(sources),
        within_time("silences", unended_silences(&*sources.silences, now)),
        within_time("notifications", outbox::newest(&*sources.notifications)),
    );
    Alerting { alerts, silences: silences.map(|silences| Silences::new(silences, now)), outbox }
}

/// What matches no series.
pub(crate) async fn unmatched(
    sources: &Sources,
    rules: &Arc<RuleSet>,
    silences: &Answer<Silences>,
) -> Arc<Unmatched> {
    let silences = silences.as_ref().map(|silences| &*silences.all).unwrap_or_default();
    sources.unmatched.unmatched(rules, silences).await
}

/// The number of firing alerts by rule, of all alerts.
pub(crate) async fn firing_by_rule(sources: &Sources) -> Answer<BTreeMap<String, u64>> {
    within_time("alerts", sources.alert_queries.firing_by_rule()).await
}

/// Queries the alerts only.
pub(super) async fn alerts(sources: &Sources) -> Answer<Alerts> {
    within_time("alerts", first_alerts(&*sources.alerts)).await.map(Alerts::new)
}

impl Alerts {
    fn new(FirstAlerts { alerts, more }: FirstAlerts) -> Self {
        let (mut firing, mut cleared): (Vec<_>, Vec<_>) = alerts.into_iter().partition(Alert::is_firing);
        firing.sort_by_key(|alert| Reverse((alert.severity, alert.fired_at)));
        cleared.sort_by_key(|alert| Reverse(alert.cleared_at));
        Self { firing, cleared, more_unread: more }
    }

    /// The number of firing critical alerts.
    pub(crate) fn critical(&self) -> usize {
        self.firing.iter().filter(|alert| alert.severity == Severity::Critical).count()
    }

    /// The alerts for one series, firing ones first.
    pub(crate) fn for_series(&self, series: &Series) -> impl Iterator<Item = &Alert> {
        self.firing.iter().chain(&self.cleared).filter(move |alert| *alert.series == *series)
    }
}

impl Silences {
    fn new(silences: watchkeeper_query::Silences, now: Timestamp) -> Self {
        let watchkeeper_query::Silences { mut all, more } = silences;
        all.sort_by_key(|silence| (!silence.is_active(now), silence.ends_at));
        Self { all, more_unread: more }
    }
}
