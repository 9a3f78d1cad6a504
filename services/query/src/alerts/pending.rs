//! Rules that are pending.

use watchkeeper_domain::{Alert, Series, Timestamp};
use watchkeeper_ports::{AlertKey, AlertStore, PortError};
use watchkeeper_rules::{RuleSet, pending_rules};

/// Maximum number of series whose evaluator state is read for what is pending, ordered by key. Those beyond are left
/// out; it is only reported that there are more.
pub const MAX_PENDING: usize = 10_000;

/// A rule whose condition holds for a series, but not for long enough yet.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingAlert {
    /// The alert that it becomes: `fired_at` is when, unless the condition ceases to hold.
    pub alert: Alert,
    /// When the condition began to hold.
    pub since: Timestamp,
}

/// What is pending.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PendingAlerts {
    /// Ordered by rule and series.
    pub alerts: Vec<PendingAlert>,
    /// Whether there may be more.
    pub more: bool,
}

/// What is pending by `rules`.
pub(super) async fn pending(store: &dyn AlertStore, rules: &RuleSet) -> Result<PendingAlerts, PortError> {
    if rules.rules().iter().all(|rule| rule.hold.is_zero()) {
        return Ok(PendingAlerts::default());
    }
    let memories = store.pending(MAX_PENDING).await?;
    let more = memories.len() >= MAX_PENDING;
    let mut alerts = Vec::new();
    for memory in memories {
        let Ok(series) = memory.series_key.parse::<Series>() else { continue };
        let found = pending_rules(rules, &series, &memory.state).into_iter();
        alerts.extend(found.map(|(since, alert)| PendingAlert { alert, since }));
    }
    alerts.sort_by_cached_key(|pending| AlertKey::of(&pending.alert));
    Ok(PendingAlerts { alerts, more })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_adapter_embedded::EmbeddedAlerts;
    use watchkeeper_config::{Document, Section};
    use watchkeeper_domain::Sample;
    use watchkeeper_ports::{Evaluation, Topic, TopicPartition};
    use watchkeeper_rules::{Evaluator, Routing};

    fn rules(hold: &str) -> Arc<RuleSet> {
        let text = format!(
            "[[rule]]\nname = \"busy\"\nmatch = ['source=\"host\"']\nthreshold = {{ above = 8 }}\n{hold}"
        );
        let read = |root: &mut Section<'_>| RuleSet::read(root, &Routing::default(), &[]);
        Arc::new(Document::parse("test.toml", &text).unwrap().read(read).unwrap())
    }

    #[tokio::test]
    async fn what_is_pending_is_read_up_to_the_limit_and_only_for_rules_that_can_be() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap().alerts();
        let (rules, at) = (rules("for = \"2m\""), Timestamp::MIN.plus(Duration::from_secs(60)));
        let mut evaluator = Evaluator::new(Arc::clone(&rules));
        let mut found = Vec::new();
        for (first, last, more) in [(0, MAX_PENDING - 1, false), (MAX_PENDING - 1, MAX_PENDING + 1, true)] {
            for host in first..last {
                let series = Series::new("host", "load", "", &[("host", &format!("{host:05}"))]).unwrap();
                let sample = Sample::new(Arc::new(series), at, 9.0);
                evaluator.observe(&TopicPartition::new(Topic::METRICS, 0), &sample);
            }
            let memories = evaluator.drain().memories;
            store.store(Arc::new(Evaluation { memories, ..Evaluation::default() })).await.unwrap();
            let pending = pending(&*store, &rules).await.unwrap();
            assert_eq!((pending.alerts.len(), pending.more), (last.min(MAX_PENDING), more));
            found = pending.alerts;
        }
        assert_eq!((found[0].since, found[0].alert.fired_at), (at, at.plus(Duration::from_secs(120))));
        assert_eq!(found[0].alert.reason, "is 9, above 8 for 2 min");
        assert_eq!(pending(&*store, &self::rules("")).await.unwrap(), PendingAlerts::default());
    }
}
