//! What fires, what nobody is told of, and who is told of the rest.

use super::Sources;
use super::outbox::{self, Outbox};
use std::cmp::Reverse;
use watchkeeper_domain::{Alert, Series, Severity, Silence, Timestamp};
use watchkeeper_query::{Answer, FirstAlerts, first_alerts, unended_silences, within_time};

/// What fires, what nobody is told of, and who is told of the rest.
pub(crate) struct Alerting {
    pub(crate) alerts: Answer<Alerts>,
    pub(crate) silences: Answer<Silences>,
    pub(crate) outbox: Answer<Outbox>,
}

/// The alerts there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alerts {
    /// The worst first, of these those that fire since lately.
    pub(crate) firing: Vec<Alert>,
    /// Those that cleared last first.
    pub(crate) cleared: Vec<Alert>,
    /// Whether there are more than were read.
    pub(crate) more_unread: bool,
}

/// The silences that have not ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Silences {
    /// Those that hold, then those to come, each by their end.
    pub(crate) all: Vec<Silence>,
    /// Whether there are more than were read.
    pub(crate) more_unread: bool,
}

/// Asks for everything at once.
pub(crate) async fn alerting(sources: &Sources, now: Timestamp) -> Alerting {
    let (alerts, silences, outbox) = tokio::join!(
        alerts(sources),
        within_time("silences", unended_silences(&*sources.silences, now)),
        within_time("notifications", outbox::newest(&*sources.notifications)),
    );
    Alerting { alerts, silences: silences.map(|silences| Silences::new(silences, now)), outbox }
}

/// Asks for the alerts alone.
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

    /// Those that fire and are critical.
    pub(crate) fn critical(&self) -> usize {
        self.firing.iter().filter(|alert| alert.severity == Severity::Critical).count()
    }

    /// Those about one series, the ones that fire first.
    pub(crate) fn about(&self, series: &Series) -> impl Iterator<Item = &Alert> {
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
