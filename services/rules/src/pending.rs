//! Rules that are pending for a series.

use crate::explain::mismatches;
use crate::phase::Phase;
use crate::rule_set::RuleSet;
use crate::standing::Standing;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Series, Timestamp};

/// The rules that are pending for `series` by its stored evaluator state: since when their conditions hold, and the alert
/// that each becomes. Its `fired_at` is when, unless the condition ceases to hold.
pub fn pending_rules(rules: &RuleSet, series: &Series, state: &[u8]) -> Vec<(Timestamp, Alert)> {
    let mut pending = Vec::new();
    let series = Arc::new(series.clone());
    for rule in rules.rules().iter().filter(|rule| !rule.hold.is_zero()) {
        if !mismatches(rule, &series).is_empty() {
            continue;
        }
        let Some(standing) = Standing::of(rule, Some(state), None) else { continue };
        let Phase::Pending { since } = standing.phase else { continue };
        let (past, latest) = (&standing.past, standing.latest);
        let alert = Alert {
            rule: rule.name.clone(),
            series: Arc::clone(&series),
            severity: rule.severity,
            fired_at: since.plus(rule.hold),
            cleared_at: None,
            value: rule.condition.value(true, latest),
            reason: rule.reason(past, true, false, latest, standing.note.as_ref(), &series),
            acknowledged: None,
        };
        pending.push((since, alert));
    }
    pending
}
