//! All the rules of a configuration.

use crate::inhibition::{Inhibition, MAX_INHIBITIONS};
use crate::routing::Routing;
use crate::rule::Rule;
use std::collections::HashSet;
use watchkeeper_config::Section;

/// Most rules.
pub const MAX_RULES: usize = 1_000;

/// The rules and inhibitions of one configuration. Rules are identified by index, and across restarts by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSet {
    rules: Vec<Rule>,
    inhibitions: Vec<Inhibition>,
}

impl RuleSet {
    /// Reads `[[rule]]` and `[[inhibit]]` of the root; `default` is the default routing, `receivers` the names of the
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
        Self { rules, inhibitions: root.sections("inhibit", MAX_INHIBITIONS, Inhibition::read) }
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
        Self { rules: vec![rule], inhibitions: Vec::new() }
    }

    /// The rules, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with this name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The inhibitions, in the order of the file.
    pub fn inhibitions(&self) -> &[Inhibition] {
        &self.inhibitions
    }
}
