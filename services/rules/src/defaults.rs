//! The rules that are on without any configuration.

use crate::routing::Routing;
use crate::rule::Rule;
use crate::rule_set::RuleSet;
use watchkeeper_config::Document;

/// The default rules with their tests, as a configuration file has them.
const TEXT: &str = include_str!("defaults.toml");

/// The names of the default rules, in their order.
pub const DEFAULT_RULES: [&str; 15] = [
    "site_down",
    "certificate_expiring",
    "domain_expiring",
    "cannot_probe",
    "disk_filling",
    "disk_full",
    "inodes_full",
    "memory_full",
    "load_high",
    "unit_failed",
    "raid_degraded",
    "pool_degraded",
    "smart_failing",
    "clock_not_synchronised",
    "clock_disagrees",
];

/// The default rules of these names, with this routing.
pub fn default_rules(names: &[&str], routing: &Routing) -> Vec<Rule> {
    let document = Document::parse("the default rules", TEXT);
    let read = document.and_then(|document| document.read(|root| RuleSet::read(root, routing, &[])));
    let all = read.unwrap_or_default();
    let chosen = all.rules().iter().filter(|rule| names.contains(&rule.name.as_str()));
    chosen.map(|rule| Rule { is_default: true, ..rule.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule_test::run_tests;

    fn all() -> RuleSet {
        RuleSet::default().with_defaults(default_rules(&DEFAULT_RULES, &Routing::default()))
    }

    #[test]
    fn every_default_rule_has_its_name_in_the_list_and_a_test_that_passes() {
        let rules = all();
        assert_eq!(rules.rules().iter().map(|rule| &*rule.name).collect::<Vec<_>>(), DEFAULT_RULES);
        for rule in rules.rules() {
            assert!(!rule.tests.is_empty() && rule.summary.is_some() && rule.is_default, "{}", rule.name);
        }
        for outcome in run_tests(&rules) {
            assert_eq!(outcome.failure, None, "{}: {}", outcome.rule, outcome.test);
        }
    }

    #[test]
    fn a_default_rule_waits_before_it_fires() {
        for rule in all().rules() {
            assert!(!rule.hold.is_zero(), "{}", rule.name);
        }
    }

    #[test]
    fn a_rule_of_the_same_name_replaces_a_default_rule() {
        let text =
            "[[rule]]\nname = \"disk_full\"\nmatch = ['source=\"host\"']\nthreshold = { above = 99 }\n";
        let document = Document::parse("rules.toml", text).unwrap();
        let own = document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap();
        let rules = own.with_defaults(default_rules(&["disk_full", "load_high"], &Routing::default()));
        let named: Vec<_> = rules.rules().iter().map(|rule| (&*rule.name, rule.is_default)).collect();
        assert_eq!(named, [("disk_full", false), ("load_high", true)]);
    }
}
