//! The stored state of a rule for a series.

use crate::condition::{Condition, Past, Seen};
use crate::memory::Remembered;
use crate::phase::Phase;
use crate::rule::Rule;
use watchkeeper_domain::{Note, Sample};

/// The stored state of a rule for a series.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) phase: Phase,
    pub(crate) past: Past,
    /// The sample evaluated last.
    pub(crate) latest: Seen,
    /// Its note.
    pub(crate) note: Option<Note>,
}

impl Standing {
    /// From the evaluator state, or from the latest sample if the condition needs none; `None` if nothing is known of
    /// the series.
    pub(crate) fn of(rule: &Rule, memory: Option<&[u8]>, latest: Option<&Sample>) -> Option<Self> {
        let remembered = memory.filter(|state| !state.is_empty());
        if let Some(mut remembered) = remembered.and_then(|state| Remembered::read(state).ok()) {
            let (phase, past) = remembered
                .take(rule, rule.condition.fingerprint())
                .unwrap_or((Phase::Resting, Past::Nothing));
            return Some(Self { phase, past, latest: remembered.latest, note: remembered.note });
        }
        let sample = latest?;
        let latest = Seen { at: sample.collected_at, value: sample.value };
        Some(Self { phase: Phase::Resting, past: Past::Nothing, latest, note: sample.note.clone() })
    }

    /// Whether the condition holds. A condition without state is evaluated again: the stored phase may be older than
    /// the sample.
    pub(crate) fn holds(&self, rule: &Rule) -> bool {
        let is_threshold = matches!(rule.condition, Condition::Threshold(_));
        self.phase.holds()
            || (is_threshold && rule.condition.observe(&mut Past::Nothing, false, self.latest) == Some(true))
    }

    /// The reason, in plain words.
    pub(crate) fn why(&self, rule: &Rule, unit: &str) -> String {
        rule.condition.why(&self.past, self.holds(rule), self.phase.is_firing(), self.latest, unit)
    }
}
