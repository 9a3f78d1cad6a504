//! One alert, now or in the past.

use super::Alerts;
use std::collections::BTreeMap;
use watchkeeper_domain::{Alert, Series, Timestamp};
use watchkeeper_ports::{AlertKey, PastAlerts, PortError};
use watchkeeper_rules::pending_rules;

/// Maximum number of other times that an alert fired.
pub const MAX_OTHER_TIMES: usize = 50;

/// One alert, and the other times that it fired.
#[derive(Clone, Debug, PartialEq)]
pub struct OneAlert {
    /// As it is or was. While it is pending, `fired_at` is when it fires unless its condition ceases to hold.
    pub alert: Alert,
    /// Since when its condition holds, if it is pending.
    pub pending_since: Option<Timestamp>,
    /// The other times, the last first: at most [`MAX_OTHER_TIMES`].
    pub others: Vec<Alert>,
}

impl Alerts {
    /// The alert of a rule for a series that began to fire at `fired_at`; without that the one that fires, is pending, or
    /// was the last to clear. `None` if the rule has not fired for the series at that time, or nothing is stored of it
    /// any more.
    ///
    /// # Errors
    /// Those of [`AlertStore`](watchkeeper_ports::AlertStore).
    pub async fn one(
        &self,
        rule: &str,
        series: &Series,
        fired_at: Option<Timestamp>,
    ) -> Result<Option<OneAlert>, PortError> {
        let key = AlertKey { rule: rule.to_owned(), series_key: series.key().to_owned() };
        let question = PastAlerts {
            of: Some(key),
            since: Timestamp::MIN,
            after: None,
            // That of the page, and the one that has cleared but is not removed yet.
            limit: MAX_OTHER_TIMES + 2,
        };
        let past = self.store.past(&question).await?.into_iter();
        let mut all: BTreeMap<Timestamp, Alert> = past.map(|alert| (alert.fired_at, alert)).collect();
        let current = self.of_rule(rule).await?.remove(series.key());
        all.extend(current.map(|alert| (alert.fired_at, alert)));
        let fires = all.values().any(Alert::is_firing);
        if fired_at.is_none()
            && !fires
            && let Some((since, alert)) = self.pending_one(rule, series).await?
        {
            return Ok(Some(OneAlert { alert, pending_since: Some(since), others: last_first(all) }));
        }
        let chosen = match fired_at {
            Some(at) => all.remove(&at),
            None => all.pop_last().map(|(_, alert)| alert),
        };
        Ok(chosen.map(|alert| OneAlert { alert, pending_since: None, others: last_first(all) }))
    }

    async fn pending_one(
        &self,
        rule: &str,
        series: &Series,
    ) -> Result<Option<(Timestamp, Alert)>, PortError> {
        let Some(state) = self.memory(series.key()).await? else { return Ok(None) };
        let pending = pending_rules(&self.rules.current(), series, &state).into_iter();
        Ok(pending.into_iter().find(|(_, alert)| alert.rule == rule))
    }
}

fn last_first(all: BTreeMap<Timestamp, Alert>) -> Vec<Alert> {
    all.into_values().rev().take(MAX_OTHER_TIMES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_adapter_embedded::EmbeddedAlerts;
    use watchkeeper_config::Reloadable;
    use watchkeeper_domain::Severity;
    use watchkeeper_ports::Evaluation;
    use watchkeeper_rules::RuleSet;

    fn at(second: u64) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(second))
    }

    fn alert(series: &Arc<Series>, fired_at: u64, cleared_at: Option<u64>) -> Alert {
        Alert {
            rule: "busy".into(),
            series: Arc::clone(series),
            severity: Severity::Info,
            fired_at: at(fired_at),
            cleared_at: cleared_at.map(at),
            value: None,
            reason: String::new(),
            acknowledged: None,
        }
    }

    #[tokio::test]
    async fn an_alert_is_found_by_when_it_fired_or_as_it_is_now_with_the_other_times() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap();
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let alerts = Alerts::new(store.alerts(), store.silences(), Reloadable::new(RuleSet::default()));
        let one = async |fired_at: Option<u64>| {
            let found = alerts.one("busy", &series, fired_at.map(at)).await.unwrap();
            found.map(|one| {
                (one.alert.fired_at, one.others.iter().map(|other| other.fired_at).collect::<Vec<_>>())
            })
        };
        assert_eq!(one(None).await, None);
        let times = (1..=3).map(|hour| alert(&series, hour * 100, Some(hour * 100 + 50)));
        for alert in times {
            store
                .alerts()
                .store(Arc::new(Evaluation { alerts: vec![alert], ..Evaluation::default() }))
                .await
                .unwrap();
        }
        assert_eq!(one(None).await, Some((at(300), vec![at(200), at(100)])));
        assert_eq!(one(Some(200)).await, Some((at(200), vec![at(300), at(100)])));
        assert_eq!(one(Some(201)).await, None);
        let fires = Evaluation { alerts: vec![alert(&series, 400, None)], ..Evaluation::default() };
        store.alerts().store(Arc::new(fires)).await.unwrap();
        assert_eq!(one(None).await, Some((at(400), vec![at(300), at(200), at(100)])));
        let many =
            (0..100).map(|number| alert(&series, 1_000 + 10 * number, Some(1_005 + 10 * number))).collect();
        store.alerts().store(Arc::new(Evaluation { past: many, ..Evaluation::default() })).await.unwrap();
        let found = alerts.one("busy", &series, None).await.unwrap().unwrap();
        assert_eq!(found.others.len(), MAX_OTHER_TIMES);
    }
}
