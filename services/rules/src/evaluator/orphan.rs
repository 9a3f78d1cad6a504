//! Alerts without a rule.

use super::news::{Event, News};
use super::series_id::SeriesId;
use crate::memory::RememberedRule;
use crate::phase::{Phase, Turn};
use crate::rule_set::RuleSet;
use watchkeeper_domain::{Series, Timestamp};

/// A firing alert whose rule was removed, or no longer selects the series. It clears as soon as the time is known,
/// and is kept until then.
#[derive(Debug)]
pub(super) struct Orphan {
    pub(super) id: SeriesId,
    pub(super) series: Series,
    pub(super) remembered: RememberedRule,
    /// Why it clears.
    pub(super) reason: &'static str,
}

impl Orphan {
    /// From stored state of a rule that fired and no longer selects the series.
    pub(super) fn new(id: SeriesId, series: Series, remembered: RememberedRule, rules: &RuleSet) -> Self {
        let reason = match rules.rule(&remembered.name) {
            Some(_) => "the rule no longer selects this series",
            None => "the rule is no longer in the configuration",
        };
        Self { id, series, remembered, reason }
    }

    pub(super) fn clear(self, now: Timestamp, news: &mut News) {
        let Phase::Firing { since } = self.remembered.phase else { return };
        news.add(Event {
            rule: &self.remembered.name,
            severity: self.remembered.severity,
            series: self.series,
            turn: Turn::Clears { fired_at: since, at: now.max(since) },
            value: None,
            reason: self.reason.to_owned(),
        });
    }
}
