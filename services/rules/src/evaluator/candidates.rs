//! The rules that select a series, determined once per series.

use crate::condition::Condition;
use crate::rule::Rule;
use crate::rule_set::RuleSet;
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Series;
use watchkeeper_ports::TopicPartition;

/// Most distinct lists. A series that would need another one has no rules.
const MAX_LISTS: usize = 65_536;

/// A rule's index among the rules.
pub(super) type RuleIndex = u16;

/// A list of rules that select the same series. There are few lists and many series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(u32);

impl ListId {
    /// The list of no rules, which is always the first.
    const NONE: Self = Self(0);
}

/// The rules, and the lists of rules by series.
#[derive(Debug)]
pub(super) struct Candidates {
    rules: Arc<RuleSet>,
    /// Of the rules' conditions.
    fingerprints: Vec<u64>,
    lists: Vec<Arc<[RuleIndex]>>,
    ids: HashMap<Arc<[RuleIndex]>, ListId>,
    /// Whether the limit on lists was reached; logged once.
    is_full: bool,
}

impl Candidates {
    pub(super) fn new(rules: Arc<RuleSet>) -> Self {
        let fingerprints = rules.rules().iter().map(|rule| rule.condition.fingerprint()).collect();
        let (lists, ids) = Default::default();
        let mut candidates = Self { rules, fingerprints, lists, ids, is_full: false };
        candidates.intern(&[]);
        candidates
    }

    pub(super) fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    pub(super) fn rule(&self, index: RuleIndex) -> &Rule {
        &self.rules.rules()[usize::from(index)]
    }

    pub(super) fn fingerprint(&self, index: RuleIndex) -> u64 {
        self.fingerprints[usize::from(index)]
    }

    pub(super) fn list(&self, id: ListId) -> &[RuleIndex] {
        &self.lists[id.0 as usize]
    }

    /// The rules that select a series of `partition`: in a dead-letter partition those for its dead letters.
    pub(super) fn about(&mut self, partition: &TopicPartition, series: &Series) -> ListId {
        let is_about = |rule: &Rule| match &rule.condition {
            Condition::DeadLetters(letters) => letters.is_about(partition),
            _ => !partition.topic.is_dead_letters() && rule.matches(series),
        };
        let rules = (0..).zip(self.rules.rules());
        let list: Vec<RuleIndex> = rules.filter(|(_, rule)| is_about(rule)).map(|(index, _)| index).collect();
        self.intern(&list)
    }

    fn intern(&mut self, list: &[RuleIndex]) -> ListId {
        if let Some(id) = self.ids.get(list) {
            return *id;
        }
        if self.lists.len() >= MAX_LISTS {
            if !std::mem::replace(&mut self.is_full, true) {
                tracing::warn!("too many different sets of rules: no rule fires for further series");
            }
            return ListId::NONE;
        }
        let id = ListId(u32::try_from(self.lists.len()).expect("it is bounded"));
        let list: Arc<[RuleIndex]> = list.into();
        self.lists.push(Arc::clone(&list));
        self.ids.insert(list, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Routing;
    use std::fmt::Write as _;
    use watchkeeper_config::Document;
    use watchkeeper_ports::Topic;

    /// One rule for each bit of the number that a series stands for.
    fn candidates(bits: u32) -> Candidates {
        let mut text = String::new();
        for bit in 0..bits {
            let rule = "[[rule]]\nabsence = {}\nname =";
            let _ = writeln!(text, "{rule} \"r{bit}\"\nmatch = ['b{bit}=1']");
        }
        let document = Document::parse("rules.toml", &text).unwrap();
        let rules = document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap();
        Candidates::new(Arc::new(rules))
    }

    fn about(candidates: &mut Candidates, number: usize) -> ListId {
        let bits: Vec<String> =
            (0..20).filter(|bit| number >> bit & 1 == 1).map(|bit| format!("b{bit}")).collect();
        let labels: Vec<(&str, &str)> = bits.iter().map(|bit| (bit.as_str(), "1")).collect();
        let series = Series::new("a", "n", "", &labels).unwrap();
        candidates.about(&TopicPartition::new(Topic::METRICS, 0), &series)
    }

    #[test]
    fn series_with_the_same_rules_share_a_list() {
        let mut candidates = candidates(3);
        let list = about(&mut candidates, 0b101);
        assert_eq!(candidates.list(list), [0, 2]);
        assert_eq!(about(&mut candidates, 0b1_0101), list);
        assert_eq!(about(&mut candidates, 0), ListId::NONE);
    }

    #[test]
    fn the_last_list_that_fits_is_kept_and_one_more_is_none() {
        let mut candidates = candidates(17);
        for number in 0..MAX_LISTS {
            let list = about(&mut candidates, number);
            assert_eq!(candidates.list(list).len(), number.count_ones() as usize);
        }
        assert_eq!(about(&mut candidates, MAX_LISTS), ListId::NONE);
        assert_ne!(about(&mut candidates, MAX_LISTS - 1), ListId::NONE);
    }
}
