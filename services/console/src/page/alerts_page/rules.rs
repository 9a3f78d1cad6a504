//! Rules and inhibitions.

use super::super::listed::Listed;
use crate::format::{count, cut};
use crate::links;
use std::collections::BTreeMap;
use watchkeeper_config::show_duration;
use watchkeeper_domain::Matchers;
use watchkeeper_rules::{Inhibition, Rule, RuleSet, Unmatched};

/// Maximum number of rules shown, in configuration order.
const SHOWN_RULES: usize = 200;
/// Maximum number of inhibitions shown, in configuration order.
const SHOWN_INHIBITIONS: usize = 20;
/// Maximum length of matchers shown, in characters.
const SHOWN_MATCHERS_CHARS: usize = 300;

pub(super) struct RulesPart {
    pub(super) rules: Listed<RuleRow>,
    pub(super) inhibitions: Listed<InhibitionRow>,
}

pub(super) struct RuleRow {
    pub(super) name: String,
    /// The page that explains it.
    pub(super) link: String,
    pub(super) severity: &'static str,
    pub(super) condition: String,
    /// How long the condition must hold, if not just once.
    pub(super) hold: Option<String>,
    /// Empty for rules that match no series.
    pub(super) matchers: String,
    /// `None`: all receivers.
    pub(super) receivers: Option<Vec<String>>,
    /// The number of its firing alerts; `None` if unknown.
    pub(super) firing: Option<String>,
    pub(super) is_default: bool,
    /// That it matches no series.
    pub(super) warning: Option<String>,
}

pub(super) struct InhibitionRow {
    pub(super) when: String,
    pub(super) mute: String,
    pub(super) equal: Vec<String>,
    /// That it matches no series.
    pub(super) warning: Option<String>,
}

impl RulesPart {
    /// The rules, each with its number of alerts in `firing`, by rule.
    pub(super) fn new(
        rules: &RuleSet,
        firing: Option<&BTreeMap<String, u64>>,
        unmatched: &Unmatched,
    ) -> Self {
        let row = |rule: &Rule| {
            let firing = firing.map(|firing| firing.get(&rule.name).copied().unwrap_or_default());
            RuleRow::new(rule, firing, unmatched.rules.get(&rule.name))
        };
        let inhibition =
            |(index, inhibition)| InhibitionRow::new(inhibition, unmatched.inhibitions.get(&index));
        let inhibitions = rules.inhibitions().iter().enumerate();
        Self {
            rules: Listed::first(rules.rules().iter(), SHOWN_RULES, row),
            inhibitions: Listed::first(inhibitions, SHOWN_INHIBITIONS, inhibition),
        }
    }
}

impl RuleRow {
    fn new(rule: &Rule, firing: Option<u64>, warning: Option<&String>) -> Self {
        Self {
            name: rule.name.clone(),
            link: links::rule(&rule.name),
            severity: rule.severity.name(),
            condition: rule.condition.to_string(),
            hold: (!rule.hold.is_zero()).then(|| show_duration(rule.hold)),
            matchers: text(&rule.matchers),
            receivers: rule.routing.receivers.clone(),
            firing: firing.map(count),
            is_default: rule.is_default,
            warning: warning.map(|warning| cut(warning, SHOWN_MATCHERS_CHARS)),
        }
    }
}

impl InhibitionRow {
    fn new(inhibition: &Inhibition, warning: Option<&String>) -> Self {
        let Inhibition { when, mute, equal } = inhibition;
        let warning = warning.map(|warning| cut(warning, SHOWN_MATCHERS_CHARS));
        Self { when: text(when), mute: text(mute), equal: equal.clone(), warning }
    }
}

fn text(matchers: &Matchers) -> String {
    cut(&matchers.to_string(), SHOWN_MATCHERS_CHARS)
}
