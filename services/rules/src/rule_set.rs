//! All the rules of a configuration.

use crate::condition::{Condition, Heartbeat, Ratio};
use crate::inhibition::{Inhibition, MAX_INHIBITIONS};
use crate::routing::Routing;
use crate::rule::Rule;
use std::collections::HashSet;
use watchkeeper_config::Section;
use watchkeeper_domain::Series;

/// Most rules.
pub const MAX_RULES: usize = 1_000;
/// Most heartbeats.
pub const MAX_HEARTBEATS: usize = 1_000;

/// The rules and inhibitions of one configuration. Rules are identified by index, and across restarts by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSet {
    rules: Vec<Rule>,
    inhibitions: Vec<Inhibition>,
    /// The indices of the rules that compute ratios.
    ratios: Vec<usize>,
}

impl RuleSet {
    /// Reads `[[rule]]`, `[[heartbeat]]` and `[[inhibit]]` of the root; `default` is the default routing, `receivers` the names of the
    /// configured receivers.
    pub fn read(root: &mut Section<'_>, default: &Routing, receivers: &[String]) -> Self {
        let mut names = HashSet::new();
        let rules = root.sections("rule", MAX_RULES, |section| {
            let rule = Rule::read(section, default, receivers);
            if !names.insert(rule.name.clone()) {
                section.refuse("name", "is the name of an earlier rule");
            }
            rule
        });
        let heartbeats = root.sections("heartbeat", MAX_HEARTBEATS, |section| {
            let rule = Rule::read_heartbeat(section, default, receivers);
            if !names.insert(rule.name.clone()) {
                section.refuse("name", format!("is taken: there is a rule {} already", rule.name));
            }
            rule
        });
        let rules = rules.into_iter().chain(heartbeats).collect();
        Self::new(rules, root.sections("inhibit", MAX_INHIBITIONS, Inhibition::read))
    }

    fn new(rules: Vec<Rule>, inhibitions: Vec<Inhibition>) -> Self {
        let is_ratio = |rule: &Rule| matches!(rule.condition, Condition::Ratio(_));
        let ratios = rules.iter().enumerate().filter(|(_, rule)| is_ratio(rule)).map(|(index, _)| index);
        Self { ratios: ratios.collect(), rules, inhibitions }
    }

    /// With `defaults` after the rules of the file, but for those whose names the file has.
    #[must_use]
    pub fn with_defaults(self, defaults: Vec<Rule>) -> Self {
        let own = self.rules;
        let is_new = |default: &Rule| own.iter().all(|rule| rule.name != default.name);
        let defaults: Vec<Rule> = defaults.into_iter().filter(is_new).collect();
        Self::new(own.into_iter().chain(defaults).collect(), self.inhibitions)
    }

    /// The rules of the file only.
    #[must_use]
    pub fn without_defaults(&self) -> Self {
        let own = self.rules.iter().filter(|rule| !rule.is_default).cloned();
        Self::new(own.collect(), self.inhibitions.clone())
    }

    fn ratios(&self) -> impl Iterator<Item = (&Rule, &Ratio)> {
        self.ratios.iter().filter_map(|&index| match &self.rules[index].condition {
            Condition::Ratio(ratio) => Some((&self.rules[index], ratio)),
            _ => None,
        })
    }

    /// The series that rules divide by `divisor`: samples of it are to be [given](crate::Evaluator::observe_divisor) to
    /// their partitions.
    pub fn dividends_of(&self, divisor: &Series) -> impl Iterator<Item = Series> {
        let dividends = self.ratios().filter_map(|(rule, ratio)| Some((rule, ratio.dividend(divisor)?)));
        dividends.filter(|(rule, dividend)| rule.matches(dividend)).map(|(_, dividend)| dividend)
    }

    /// Whether rules divide `series`, or divide by it: then its samples must be evaluated in the order of their times,
    /// together with those of the other series.
    pub fn is_in_ratios(&self, series: &Series) -> bool {
        self.ratios().any(|(rule, _)| rule.matches(series)) || self.dividends_of(series).next().is_some()
    }

    /// The same with matchers that also match the names of the previous platform
    /// ([`OldName`](watchkeeper_domain::OldName)).
    #[must_use]
    pub fn with_old_names(mut self) -> Self {
        let of_rules = self.rules.iter_mut().map(|rule| &mut rule.matchers);
        let of_inhibitions = self.inhibitions.iter_mut().flat_map(|one| [&mut one.when, &mut one.mute]);
        for matchers in of_rules.chain(of_inhibitions) {
            *matchers = std::mem::take(matchers).with_old_names(true);
        }
        self
    }

    /// With one rule only, for its tests.
    pub(crate) fn of_rule(rule: Rule) -> Self {
        Self::new(vec![rule], Vec::new())
    }

    /// The rules, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with this name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The heartbeats that jobs are expected to send.
    pub fn heartbeats(&self) -> impl Iterator<Item = &Heartbeat> {
        self.rules.iter().filter_map(|rule| match &rule.condition {
            Condition::Heartbeat(heartbeat) => Some(heartbeat),
            _ => None,
        })
    }

    /// The inhibitions, in the order of the file.
    pub fn inhibitions(&self) -> &[Inhibition] {
        &self.inhibitions
    }
}
