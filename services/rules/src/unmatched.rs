//! Rules, inhibitions and silences that match no series: usually a misspelt matcher.

use crate::condition::{Condition, series_of_letters, state_series};
use crate::rule::Rule;
use crate::rule_set::RuleSet;
use std::collections::{BTreeMap, BTreeSet};
use watchkeeper_config::closest;
use watchkeeper_domain::{Matcher, Matchers, Series, Silence};
use watchkeeper_ports::{Topic, TopicPartition};

/// Most names of labels that are kept for suggestions.
pub const MAX_LABEL_NAMES: usize = 1_000;

const FIELDS_OF_SERIES: [&str; 3] = ["source", "name", "unit"];
const FIELDS_OF_ALERTS: [&str; 5] = ["rule", "severity", "source", "name", "unit"];

/// What matches no series, with the text to show: `matches no series`, and a suggestion if a field is misspelt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmatched {
    /// By name. Default rules are not here, as they are for what a host may have, nor are heartbeats, which may be yet to
    /// come.
    pub rules: BTreeMap<String, String>,
    /// By index: of their `when` or `mute`.
    pub inhibitions: BTreeMap<usize, String>,
    /// By ID: they match no alert that a rule can fire.
    pub silences: BTreeMap<String, String>,
}

/// Finds what matches no series, given all series one by one.
#[derive(Debug)]
pub struct Matching<'a> {
    rules: &'a RuleSet,
    pending_rules: BTreeSet<usize>,
    /// Matchers of alerts that have matched none yet.
    pending: BTreeMap<Of<'a>, &'a Matchers>,
    label_names: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of<'a> {
    When(usize),
    Mute(usize),
    Silence(&'a str),
}

impl<'a> Matching<'a> {
    /// Without any series yet.
    pub fn new(rules: &'a RuleSet, silences: &'a [Silence]) -> Self {
        let is_heartbeat = |rule: &Rule| matches!(rule.condition, Condition::Heartbeat(_));
        let own = |rule: &Rule| rule.is_about_samples() && !rule.is_default && !is_heartbeat(rule);
        let pending_rules = rules.rules().iter().enumerate().filter(|(_, rule)| own(rule));
        let inhibitions = rules.inhibitions().iter().enumerate().flat_map(|(index, inhibition)| {
            [(Of::When(index), &inhibition.when), (Of::Mute(index), &inhibition.mute)]
        });
        let silences = silences.iter().map(|silence| (Of::Silence(&silence.id), &silence.matchers));
        let mut matching = Self {
            rules,
            pending_rules: pending_rules.map(|(index, _)| index).collect(),
            pending: inhibitions.chain(silences).collect(),
            label_names: BTreeSet::new(),
        };
        for rule in rules.rules() {
            if let Condition::DeadLetters(letters) = &rule.condition {
                let topic = Topic::named(letters.topic.clone()).dead_letters();
                if let Some(series) = series_of_letters(&TopicPartition::new(topic, 0)) {
                    matching.fires(rule, &series);
                }
            }
            if let Condition::Heartbeat(heartbeat) = &rule.condition {
                matching.fires(rule, &state_series(&heartbeat.job));
            }
        }
        matching
    }

    /// Takes the next series.
    pub fn observe(&mut self, series: &Series) {
        for (name, _) in series.labels() {
            if self.label_names.len() < MAX_LABEL_NAMES && !self.label_names.contains(name) {
                self.label_names.insert(name.to_owned());
            }
        }
        for (index, rule) in self.rules.rules().iter().enumerate() {
            if (self.pending.is_empty() && !self.pending_rules.contains(&index)) || !rule.matches(series) {
                continue;
            }
            self.pending_rules.remove(&index);
            self.fires(rule, series);
        }
    }

    /// An alert of `rule` for `series` is possible.
    fn fires(&mut self, rule: &Rule, series: &Series) {
        self.pending.retain(|_, matchers| {
            !matchers.hold(|field| match field {
                "rule" => Some(rule.name.as_str()),
                "severity" => Some(rule.severity.name()),
                other => series.field(other),
            })
        });
    }

    /// Whether everything has matched a series, so that no more of them are needed.
    pub fn is_complete(&self) -> bool {
        self.pending_rules.is_empty() && self.pending.is_empty()
    }

    /// What has matched none.
    pub fn unmatched(&self) -> Unmatched {
        let mut unmatched = Unmatched::default();
        for &index in &self.pending_rules {
            let rule = &self.rules.rules()[index];
            unmatched.rules.insert(rule.name.clone(), self.text("", &rule.matchers, &FIELDS_OF_SERIES));
        }
        for (of, matchers) in &self.pending {
            let text = |what| self.text(what, matchers, &FIELDS_OF_ALERTS);
            match of {
                Of::When(index) => _ = unmatched.inhibitions.insert(*index, text("`when` ")),
                Of::Mute(index) => _ = unmatched.inhibitions.entry(*index).or_insert_with(|| text("`mute` ")),
                Of::Silence(id) => _ = unmatched.silences.insert((*id).to_owned(), text("")),
            }
        }
        unmatched
    }

    /// ``matches no series: none has `sourse`; did you mean `source`?``
    fn text(&self, what: &str, matchers: &Matchers, fields: &[&str]) -> String {
        let unknown = matchers.iter().map(Matcher::field).find(|field| {
            let label = field.strip_prefix("labels.").unwrap_or(field);
            !fields.contains(field) && !self.label_names.contains(label)
        });
        let Some(unknown) = unknown else { return format!("{what}matches no series") };
        let known = fields.iter().copied().chain(self.label_names.iter().map(String::as_str));
        let hint = closest(unknown, known).map(|meant| format!("; did you mean `{meant}`?"));
        format!("{what}matches no series: none has `{unknown}`{}", hint.unwrap_or_default())
    }
}

/// A label of Watchkeeper's own series that is not a misspelt `rule`.
fn is_a_word(field: &str) -> bool {
    field == "role"
}

/// Matchers whose field is probably a misspelt `source`, `name` or `unit`, with the text to show. Labels are free, so
/// only series can tell whether another field is misspelt.
pub fn misspelt(rules: &RuleSet) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: String, matchers: &Matchers, fields: &[&str]| {
        let is_free = |matcher: &&Matcher| !fields.contains(&matcher.field()) && !is_a_word(matcher.field());
        for matcher in matchers.iter().filter(is_free) {
            if let Some(meant) = closest(matcher.field(), fields.iter().copied()) {
                let field = matcher.field();
                found.push(format!("{what}: {matcher} is about a label `{field}`; did you mean `{meant}`?"));
            }
        }
    };
    for rule in rules.rules() {
        check(format!("rule {}", rule.name), &rule.matchers, &FIELDS_OF_SERIES);
    }
    for (index, inhibition) in rules.inhibitions().iter().enumerate() {
        check(format!("inhibit[{index}].when"), &inhibition.when, &FIELDS_OF_ALERTS);
        check(format!("inhibit[{index}].mute"), &inhibition.mute, &FIELDS_OF_ALERTS);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Routing;
    use std::time::Duration;
    use watchkeeper_config::Document;
    use watchkeeper_domain::Timestamp;

    const RULES: &str = r#"
        [[rule]]
        name = "down"
        severity = "critical"
        match = ['source="uptime"']
        threshold = { below = 50 }
        [[rule]]
        name = "typo"
        match = ['sourse="uptime"']
        threshold = { below = 50 }
        [[rule]]
        name = "elsewhere"
        match = ['source="greenhouse"', 'bed="1"']
        absence = {}
        [[rule]]
        name = "rejected"
        dead_letters = {}
        [[inhibit]]
        when = ['rule="down"']
        mute = ['rule="rejected"', 'topic="metrics"']
        [[inhibit]]
        when = ['rule="down"', 'tarrget="shop"']
        mute = ['severity="warning"']
    "#;

    fn rules() -> RuleSet {
        let document = Document::parse("rules.toml", RULES).unwrap();
        document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap()
    }

    fn silence(id: &str, matcher: &str) -> Silence {
        Silence {
            id: id.to_owned(),
            matchers: Matchers::new(vec![matcher.parse().unwrap()]).unwrap(),
            starts_at: Timestamp::MIN,
            ends_at: Timestamp::MIN.plus(Duration::from_secs(60)),
            created_by: "ops".to_owned(),
            comment: String::new(),
        }
    }

    fn unmatched(series: &[&str]) -> Unmatched {
        let silences = [
            silence("good", r#"target="shop""#),
            silence("typo", r#"tarrget="shop""#),
            silence("letters", r#"rule="rejected""#),
        ];
        let rules = rules();
        let mut matching = Matching::new(&rules, &silences);
        for key in series {
            matching.observe(&key.parse().unwrap());
        }
        assert!(!matching.is_complete());
        matching.unmatched()
    }

    #[test]
    fn what_matches_no_series_is_named_with_what_was_probably_meant() {
        let found =
            unmatched(&[r#"uptime/availability_percent{target="shop"} percent"#, "host/uptime seconds"]);
        let typo = "matches no series: none has `tarrget`; did you mean `target`?";
        let expected = Unmatched {
            rules: [
                ("typo", "matches no series: none has `sourse`; did you mean `source`?"),
                ("elsewhere", "matches no series: none has `bed`"),
            ]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
            inhibitions: [(1, format!("`when` {typo}"))].into(),
            silences: [("typo".to_owned(), typo.to_owned())].into(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_field_that_series_have_is_not_called_misspelt() {
        let found = unmatched(&[r#"host/bed{bed="2"}"#]);
        assert_eq!(found.rules["elsewhere"], "matches no series");
    }

    #[test]
    fn more_names_of_labels_than_the_limit_are_not_kept() {
        let rules = rules();
        let mut matching = Matching::new(&rules, &[]);
        for number in 0..=MAX_LABEL_NAMES {
            matching.observe(&Series::new("a", "b", "", &[(&format!("l{number}"), "x")]).unwrap());
        }
        assert_eq!(matching.label_names.len(), MAX_LABEL_NAMES);
    }

    #[test]
    fn a_misspelt_field_that_no_label_may_be_is_found_without_series() {
        assert_eq!(
            misspelt(&rules()),
            [r#"rule typo: sourse="uptime" is about a label `sourse`; did you mean `source`?"#]
        );
        let text = "[[rule]]\nname = \"r\"\nmatch = ['role=\"persister\"']\nabsence = {}\n[[inhibit]]\nwhen = ['role=\"api\"']\nmute = ['rule=\"r\"']\n";
        let document = Document::parse("rules.toml", text).unwrap();
        let rules = document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap();
        assert!(misspelt(&rules).is_empty(), "`role` is a label of Watchkeeper's own series");
    }
}
