//! The rules of the examples and the default rules, against the series that the sources give.

use std::path::{Path, PathBuf};
use std::{fs, iter};
use watchkeeper_collector::{KNOWN_SERIES, KnownSeries};
use watchkeeper_config::Document;
use watchkeeper_domain::{Matchers, Series};
use watchkeeper_ports::{Topic, TopicPartition};
use watchkeeper_rules::{
    Condition, DEFAULT_RULES, Events, Matching, Routing, Rule, RuleSet, default_rules, run_tests,
    series_of_letters,
};

fn examples() -> Vec<PathBuf> {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"));
    let files = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("a file").path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "toml")).collect()
}

/// The rules of a file, and those that it has in comments.
fn rules_of(text: &str) -> RuleSet {
    let commented: String = text
        .lines()
        .skip_while(|line| *line != "# [[rule]]")
        .fold(String::new(), |text, line| text + line.strip_prefix("# ").unwrap_or_default() + "\n");
    let sections = text.find("\n[[rule]]").map_or("", |at| &text[at..]);
    let text = format!("{sections}\n{commented}");
    let document = Document::parse("example.toml", &text).expect("TOML");
    document.read(|root| RuleSet::read(root, &Routing::default(), &[])).expect("valid rules")
}

fn all_rules() -> Vec<(String, RuleSet)> {
    let of_file =
        |file: PathBuf| (file.display().to_string(), rules_of(&fs::read_to_string(file).expect("text")));
    let defaults = RuleSet::default().with_defaults(default_rules(&DEFAULT_RULES, &Routing::default()));
    examples().into_iter().map(of_file).chain(iter::once(("defaults".to_owned(), defaults))).collect()
}

/// The series with the values of labels that `matchers` require.
fn series_for(known: &KnownSeries, matchers: &Matchers) -> Series {
    let value = |label: &str| {
        matchers.exact_values().find(|(field, _)| *field == label).map_or("x", |(_, value)| value)
    };
    // Any target may have a group.
    let asks_for_group = matchers.exact_values().any(|(field, _)| field == "group");
    let group = (known.source == "uptime" && asks_for_group).then_some("group");
    let labels: Vec<_> =
        known.labels.iter().copied().chain(group).map(|label| (label, value(label))).collect();
    Series::new(known.source, known.name, known.unit, &labels).expect("within every limit")
}

/// The series of the sources that `rule` can match.
fn matched(rule: &Rule) -> Vec<Series> {
    if let Condition::DeadLetters(letters) = &rule.condition {
        let topic = Topic::named(letters.topic.clone()).dead_letters();
        return series_of_letters(&TopicPartition::new(topic, 0)).into_iter().collect();
    }
    if let Condition::Events(_) = &rule.condition {
        return vec![Events::series(&rule.name)];
    }
    let all = KNOWN_SERIES.iter().map(|known| series_for(known, &rule.matchers));
    all.filter(|series| rule.matches(series)).collect()
}

#[test]
fn every_rule_of_the_examples_and_every_default_rule_meets_a_series_of_a_source() {
    let mut rules_seen = 0;
    for (file, rules) in all_rules() {
        for rule in rules.rules() {
            assert!(!matched(rule).is_empty(), "{file}: rule {} matches no series of a source", rule.name);
            for test in &rule.tests {
                let of_source = |known: &KnownSeries| {
                    series_for(known, &rule.matchers)
                        .labels()
                        .map(|(name, _)| name)
                        .eq(test.series.labels().map(|(name, _)| name))
                        && (known.source, known.name, known.unit)
                            == (test.series.source(), test.series.name(), test.series.unit())
                };
                let has_own_series =
                    !rule.is_about_samples() || matches!(rule.condition, Condition::Events(_));
                assert!(
                    has_own_series || KNOWN_SERIES.iter().any(of_source),
                    "{file}: no source has {}",
                    test.series
                );
            }
            if let Condition::Ratio(ratio) = &rule.condition {
                assert!(KNOWN_SERIES.iter().any(|known| known.name == ratio.to), "{file}: {}", ratio.to);
            }
            rules_seen += 1;
        }
    }
    assert!(rules_seen > DEFAULT_RULES.len(), "{rules_seen}");
}

#[test]
fn every_inhibition_of_the_examples_meets_alerts_that_can_fire_and_both_have_its_equal_fields() {
    let mut inhibitions_seen = 0;
    for (file, rules) in all_rules() {
        let mut matching = Matching::new(&rules, &[]);
        let series: Vec<Series> = rules.rules().iter().flat_map(matched).collect();
        for series in &series {
            matching.observe(series);
        }
        assert_eq!(matching.unmatched().inhibitions, [].into(), "{file}");
        for inhibition in rules.inhibitions() {
            for side in [&inhibition.when, &inhibition.mute] {
                let can_be_compared = rules.rules().iter().any(|rule| {
                    matched(rule).iter().any(|series| {
                        let field = |field: &str| match field {
                            "rule" => Some(rule.name.clone()),
                            "severity" => Some(rule.severity.to_string()),
                            other => series.field(other).map(str::to_owned),
                        };
                        side.iter().all(|matcher| matcher.holds(&field(matcher.field()).unwrap_or_default()))
                            && inhibition.equal.iter().all(|name| field(name).is_some())
                    })
                });
                assert!(can_be_compared, "{file}: no alert of {side} has {:?}", inhibition.equal);
            }
            inhibitions_seen += 1;
        }
    }
    assert!(inhibitions_seen > 0);
}

#[test]
fn the_tests_of_the_examples_pass() {
    for (file, rules) in all_rules() {
        for outcome in run_tests(&rules) {
            assert_eq!(outcome.failure, None, "{file}: {}: {}", outcome.rule, outcome.test);
        }
    }
}
