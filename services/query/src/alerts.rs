//! Queries for alerts, and for what mutes them.

mod muters;
mod one;
mod pending;
mod question;
mod walk;

pub use muters::Muters;
pub use one::{MAX_OTHER_TIMES, OneAlert};
pub use pending::{MAX_PENDING, PendingAlert, PendingAlerts};
pub use question::{AlertCursor, AlertState, AlertsQuestion, UnknownState};
pub use walk::{FirstAlerts, first_alerts};

use bytes::Bytes;
use std::collections::BTreeMap;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use walk::each_alert;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Alert, Matchers, Timestamp};
use watchkeeper_ports::{AlertKey, AlertStore, PastAlerts, PortError, SilenceStore};
use watchkeeper_rules::RuleSet;

/// Maximum number of alerts that are processed together, ordered by rule and series. Those beyond are not notified; it
/// is only reported that there are more. Rules that match so many series are of no use to people.
pub const MAX_ALERTS: usize = 10_000;

/// Queries for alerts.
#[derive(Clone)]
pub struct Alerts {
    store: Arc<dyn AlertStore>,
    silences: Arc<dyn SilenceStore>,
    rules: Reloadable<RuleSet>,
}

/// A page of alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertPage {
    /// By rule and series.
    pub alerts: Vec<FoundAlert>,
    /// The cursor of the next page, if there is one.
    pub next: Option<AlertCursor>,
}

/// An alert, and what mutes it.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundAlert {
    /// The alert. Of a pending one, `fired_at` is when it fires unless its condition ceases to hold.
    pub alert: Alert,
    /// Since when its condition holds, if it is pending.
    pub pending_since: Option<Timestamp>,
    /// IDs of the silences that mute it.
    pub silenced_by: Vec<String>,
    /// A firing alert that inhibits it.
    pub inhibited_by: Option<Alert>,
}

impl Alerts {
    /// Queries on the stores; `rules` are those that the notifier evaluates.
    pub fn new(
        store: Arc<dyn AlertStore>,
        silences: Arc<dyn SilenceStore>,
        rules: Reloadable<RuleSet>,
    ) -> Self {
        Self { store, silences, rules }
    }

    /// A page of matching alerts.
    ///
    /// # Errors
    /// Those of [`AlertStore::alerts`] and [`AlertStore::pending`], and of [`SilenceStore::ending_after`].
    pub async fn page(&self, question: &AlertsQuestion, now: Timestamp) -> Result<AlertPage, PortError> {
        let mut found = if question.state == Some(AlertState::Pending) {
            self.found_pending(question).await?
        } else {
            self.found(question).await?.into_iter().map(|alert| (alert, None)).collect()
        };
        let more = found.len() > question.limit;
        found.truncate(question.limit);
        let last = found.last().filter(|_| more);
        let next = last.map(|(last, _)| AlertCursor(AlertKey::of(last)));
        let muters = self.muters(now).await?;
        let muting = muters.muting();
        let alerts = found.into_iter().map(|(alert, pending_since)| FoundAlert {
            silenced_by: muting.silences_of(&alert).map(|silence| silence.id.clone()).collect(),
            inhibited_by: muting.inhibitor_of(&alert).cloned(),
            pending_since,
            alert,
        });
        Ok(AlertPage { alerts: alerts.collect(), next })
    }

    /// Rules that are pending, ordered by rule and series.
    ///
    /// # Errors
    /// Those of [`AlertStore::pending`].
    pub async fn pending(&self) -> Result<PendingAlerts, PortError> {
        pending::pending(&*self.store, &self.rules.current()).await
    }

    /// Those that are pending and match, one more than the limit if there are more.
    async fn found_pending(
        &self,
        question: &AlertsQuestion,
    ) -> Result<Vec<(Alert, Option<Timestamp>)>, PortError> {
        let is_after = |alert: &Alert| {
            question.cursor.as_ref().is_none_or(|AlertCursor(last)| *last < AlertKey::of(alert))
        };
        let pending = self.pending().await?.alerts.into_iter();
        let matching = pending.filter(|pending| question.selects(&pending.alert) && is_after(&pending.alert));
        Ok(matching.take(question.limit + 1).map(|pending| (pending.alert, Some(pending.since))).collect())
    }

    /// Matching alerts, one more than the limit if there are more.
    async fn found(&self, question: &AlertsQuestion) -> Result<Vec<Alert>, PortError> {
        let begin = match (&question.cursor, &question.rule) {
            (Some(AlertCursor(last)), _) => Some(last.clone()),
            (None, Some(rule)) => Some(before_all_of(rule)),
            (None, None) => None,
        };
        let mut found = Vec::new();
        each_alert(&*self.store, begin, |alert| {
            if question.rule.as_ref().is_some_and(|rule| *rule < alert.rule) {
                return Break(());
            }
            if question.matches(&alert) {
                found.push(alert);
            }
            if found.len() > question.limit { Break(()) } else { Continue(()) }
        })
        .await?;
        Ok(found)
    }

    /// How many firing alerts `matchers` match.
    ///
    /// # Errors
    /// Those of [`AlertStore::alerts`].
    pub async fn count_matching(&self, matchers: &Matchers) -> Result<u64, PortError> {
        let mut count = 0;
        each_alert(&*self.store, None, |alert| {
            count += u64::from(alert.is_firing() && matchers.hold(|field| alert.field(field)));
            Continue(())
        })
        .await?;
        Ok(count)
    }

    /// The alerts of one rule by series key, at most [`MAX_ALERTS`].
    ///
    /// # Errors
    /// Those of [`AlertStore::alerts`].
    pub async fn of_rule(&self, rule: &str) -> Result<BTreeMap<String, Alert>, PortError> {
        let mut found = BTreeMap::new();
        each_alert(&*self.store, Some(before_all_of(rule)), |alert| {
            if alert.rule != rule || found.len() >= MAX_ALERTS {
                return Break(());
            }
            found.insert(alert.series.key().to_owned(), alert);
            Continue(())
        })
        .await?;
        Ok(found)
    }

    /// Number of firing alerts by rule; rules with none are omitted.
    ///
    /// # Errors
    /// Those of [`AlertStore::alerts`].
    pub async fn firing_by_rule(&self) -> Result<BTreeMap<String, u64>, PortError> {
        let mut firing = BTreeMap::new();
        each_alert(&*self.store, None, |alert| {
            if alert.is_firing() {
                *firing.entry(alert.rule).or_default() += 1;
            }
            Continue(())
        })
        .await?;
        Ok(firing)
    }

    /// Number of firing alerts.
    ///
    /// # Errors
    /// Those of [`AlertStore::alerts`].
    pub async fn firing(&self) -> Result<u64, PortError> {
        Ok(self.firing_by_rule().await?.into_values().sum())
    }

    /// What mutes alerts at `now`.
    ///
    /// # Errors
    /// Those of [`AlertStore::alerts`] and of [`SilenceStore::ending_after`].
    pub async fn muters(&self, now: Timestamp) -> Result<Muters, PortError> {
        Muters::read(&*self.store, &*self.silences, self.rules.current(), now).await
    }

    /// Alerts of the past that cleared at or after `since`, the last to clear first: at most `limit`.
    ///
    /// # Errors
    /// Those of [`AlertStore::past`].
    pub async fn past(&self, since: Timestamp, limit: usize) -> Result<Vec<Alert>, PortError> {
        self.store.past(&PastAlerts { of: None, since, after: None, limit }).await
    }

    /// The evaluator state of a series.
    ///
    /// # Errors
    /// Those of [`AlertStore::memory`].
    pub async fn memory(&self, series_key: &str) -> Result<Option<Bytes>, PortError> {
        self.store.memory(series_key).await
    }
}

/// The key after all alerts of earlier rules: no series has an empty key.
fn before_all_of(rule: &str) -> AlertKey {
    AlertKey { rule: rule.to_owned(), series_key: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_adapter_embedded::EmbeddedAlerts;
    use watchkeeper_config::{Document, Section};
    use watchkeeper_domain::{Series, Severity};
    use watchkeeper_ports::Evaluation;
    use watchkeeper_rules::Routing;

    /// No rules, and an inhibition: critical alerts mute others.
    fn rules() -> Arc<RuleSet> {
        let text = "[[inhibit]]\nwhen = ['severity=\"critical\"']\nmute = ['severity=\"info\"']";
        let read = |root: &mut Section<'_>| RuleSet::read(root, &Routing::default(), &[]);
        Arc::new(Document::parse("test.toml", text).unwrap().read(read).unwrap())
    }

    #[tokio::test]
    async fn an_answer_is_made_of_a_limited_number_of_alerts() {
        let alert = |number: usize| Alert {
            rule: "busy".into(),
            series: Arc::new(Series::new("host", "load", "", &[("host", &number.to_string())]).unwrap()),
            severity: Severity::Critical,
            fired_at: Timestamp::MIN,
            cleared_at: None,
            value: None,
            reason: "is 9".into(),
            acknowledged: None,
        };
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap();
        let alerts = (0..=MAX_ALERTS).map(alert).collect();
        store.alerts().store(Arc::new(Evaluation { alerts, ..Evaluation::default() })).await.unwrap();
        let alerts = Alerts::new(store.alerts(), store.silences(), Reloadable::new(rules()));
        assert_eq!(alerts.of_rule("busy").await.unwrap().len(), MAX_ALERTS);
        assert_eq!(alerts.muters(Timestamp::MIN).await.unwrap().sources.len(), MAX_ALERTS);
        let first = first_alerts(&*store.alerts()).await.unwrap();
        assert_eq!((first.alerts.len(), first.more), (MAX_ALERTS, true));
        assert_eq!(alerts.firing().await.unwrap(), MAX_ALERTS as u64 + 1, "counting takes no room");
    }
}
