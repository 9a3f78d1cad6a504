//! What a chart shows, as a rule for the configuration.

use super::function::Function;
use super::question::Group;
use crate::format::{round_down, round_up};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use watchkeeper_config::Document;
use watchkeeper_domain::{Matcher, Series};
use watchkeeper_rules::{Routing, Rule, RuleSet};

/// Most values of a field that a matcher lists.
const MAX_LISTED: usize = 20;

/// Why there is no such rule.
pub(crate) type NoRule = String;

/// The section `[[rule]]` that watches `series`, with a limit that `values`, what they had in the range, have not
/// passed. It was read by the rules themselves.
///
/// # Errors
/// A sentence that says why there is no such rule, and what to choose.
pub(crate) fn rule_text(
    series: &[&Series],
    function: Function,
    group: Option<&Group>,
    values: impl IntoIterator<Item = f64>,
) -> Result<String, NoRule> {
    if group.is_some() {
        return Err("A rule watches each series on its own: remove the grouping.".to_owned());
    }
    if !matches!(function, Function::Avg | Function::Min | Function::Max | Function::Rate) {
        let title = function.title();
        return Err(format!(
            "A rule compares single samples, not the {title} of a window: choose mean or rate."
        ));
    }
    let units: BTreeSet<&str> = series.iter().map(|series| series.unit()).collect();
    if units.len() > 1 {
        return Err(
            "These series have several units, and one rule has one limit: choose series of one unit."
                .to_owned(),
        );
    }
    let (Some(first), Some((least, most))) = (series.first(), extremes(values)) else {
        return Err("There are no values in this range to choose a limit from.".to_owned());
    };
    let matchers = matchers(series)?;
    let limit = Limit::beyond(least, most, first.unit(), function);
    let text = text(series, &matchers, function, &limit);
    check(&text, series)?;
    Ok(text)
}

fn extremes(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(None, |found, value| {
        let (least, most) = found.unwrap_or((value, value));
        Some((value.min(least), value.max(most)))
    })
}

/// A limit that the values have not passed, at two digits.
struct Limit {
    side: &'static str,
    value: f64,
}

impl Limit {
    fn beyond(least: f64, most: f64, unit: &str, function: Function) -> Self {
        let is_share = unit == "percent" && function != Function::Rate && least >= 0.0 && most <= 100.0;
        // Of a share that reaches 100 percent, such as an availability, the lower values are the bad ones.
        if is_share && round_up(most) >= 100.0 {
            let value = if least > 50.0 { round_down(least) } else { 50.0 };
            return Self { side: "below", value };
        }
        Self { side: "above", value: round_up(most) }
    }
}

/// What all series have in common; where they differ, the values that they have.
fn matchers(series: &[&Series]) -> Result<Vec<String>, NoRule> {
    let labels: BTreeSet<&str> =
        series.iter().flat_map(|series| series.labels().map(|(name, _)| name)).collect();
    let mut matchers = Vec::new();
    let labels = labels.into_iter().map(|label| match label {
        "source" | "name" | "unit" => format!("labels.{label}"),
        _ => label.to_owned(),
    });
    for name in ["source", "name"].map(str::to_owned).into_iter().chain(labels) {
        let values: BTreeSet<&str> =
            series.iter().map(|series| series.field(&name).unwrap_or_default()).collect();
        match values.len() {
            1 => matchers.extend(values.first().map(|value| Matcher::equal(&name, *value).to_string())),
            2..=MAX_LISTED => {
                let listed: Vec<String> = values.iter().map(|value| regex_escape(value)).collect();
                let expression = listed.join("|").replace('\\', "\\\\").replace('"', "\\\"");
                matchers.push(format!("{name}=~\"{expression}\""));
            }
            // Too many to list: any value.
            _ => {}
        }
    }
    if matchers.is_empty() {
        return Err("These series have nothing in common: choose a source or a name.".to_owned());
    }
    Ok(matchers)
}

/// The regular expression that matches exactly this text.
fn regex_escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn text(series: &[&Series], matchers: &[String], function: Function, limit: &Limit) -> String {
    let names: BTreeSet<&str> = series.iter().map(|series| series.name()).collect();
    let name: String = match names.first().filter(|_| names.len() == 1) {
        Some(name) => name.chars().map(|c| if c == '/' { '_' } else { c }).take(50).collect(),
        None => "several".to_owned(),
    };
    let high_or_low = if limit.side == "above" { "high" } else { "low" };
    let quoted: Vec<String> = matchers.iter().map(|matcher| toml_text(matcher)).collect();
    let mut text = format!("[[rule]]\nname = \"{name}_{high_or_low}\"\nseverity = \"warning\"\n");
    let _ = writeln!(text, "match = [{}]\nfor = \"5m\"", quoted.join(", "));
    let (side, value) = (limit.side, limit.value);
    let _ = match function {
        Function::Rate => writeln!(text, "rate = {{ {side} = {value:?}, over = \"5m\" }}"),
        _ => writeln!(text, "threshold = {{ {side} = {value:?} }}"),
    };
    text
}

/// A TOML string: literal if it can be.
fn toml_text(text: &str) -> String {
    if text.contains('\'') {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    format!("'{text}'")
}

/// Whether the rules crate reads the text as one rule that selects the series.
fn check(text: &str, series: &[&Series]) -> Result<(), NoRule> {
    let read = |document: Document<'_>| document.read(|root| RuleSet::read(root, &Routing::default(), &[]));
    let rules = Document::parse("rule", text).and_then(read).map_err(|errors| {
        let reason = errors.first().first().map(ToString::to_string).unwrap_or_default();
        format!("This selection cannot be written as a rule: {reason}")
    })?;
    let selects = |rule: &Rule| series.iter().all(|series| rule.matches(series));
    match rules.rules() {
        [rule] if selects(rule) => Ok(()),
        _ => Err("This selection cannot be written as a rule: its matchers select other series.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::combine::Combine;
    use proptest::prelude::*;

    fn rule(keys: &[&str], function: Function, values: &[f64]) -> Result<String, NoRule> {
        let series: Vec<Series> = keys.iter().map(|key| key.parse().unwrap()).collect();
        rule_text(&series.iter().collect::<Vec<_>>(), function, None, values.iter().copied())
    }

    #[test]
    fn one_series_becomes_a_rule_with_a_limit_past_its_values() {
        let text = rule(&[r#"host/load{host="a"}"#], Function::Avg, &[1.0, 3.21]).unwrap();
        assert_eq!(
            text,
            "[[rule]]\nname = \"load_high\"\nseverity = \"warning\"\n\
             match = ['source=\"host\"', 'name=\"load\"', 'host=\"a\"']\nfor = \"5m\"\nthreshold = { above = 3.3 }\n"
        );
        let text = rule(&["host/received bytes"], Function::Rate, &[123_456.0]).unwrap();
        assert!(text.ends_with("rate = { above = 130000.0, over = \"5m\" }\n"), "{text}");
    }

    #[test]
    fn of_an_availability_the_low_values_are_the_bad_ones() {
        let key = r#"uptime/availability_percent{target="shop"} percent"#;
        let text = rule(&[key], Function::Avg, &[0.0, 100.0]).unwrap();
        assert!(text.contains("availability_percent_low") && text.contains("below = 50.0"), "{text}");
        let text = rule(&[key], Function::Avg, &[99.3, 100.0]).unwrap();
        assert!(text.contains("below = 99.0"), "{text}");
    }

    #[test]
    fn values_that_differ_are_listed() {
        let keys = [r#"host/load{host="a.b",zone="1"}"#, r#"host/load{host="c\"d",zone="1"}"#];
        let text = rule(&keys, Function::Max, &[1.0]).unwrap();
        assert!(text.contains(r#"'host=~"a\\.b|c\"d"', 'zone="1"'"#), "{text}");
        let many: Vec<String> =
            (0..=MAX_LISTED).map(|number| format!("host/load{{host=\"{number}\"}}")).collect();
        let text = rule(&many.iter().map(String::as_str).collect::<Vec<_>>(), Function::Avg, &[1.0]).unwrap();
        assert!(text.contains("match = ['source=\"host\"', 'name=\"load\"']"), "{text}");
    }

    #[test]
    fn a_label_with_the_name_of_a_field_is_told_from_it() {
        let text = rule(&[r#"host/load{source="x"}"#], Function::Avg, &[1.0]).unwrap();
        assert!(text.contains(r#"'source="host"', 'name="load"', 'labels.source="x"'"#), "{text}");
    }

    #[test]
    fn what_cannot_be_a_rule_says_why() {
        let group = Group { how: Combine::Sum, by: Vec::new() };
        let load: Series = "host/load".parse().unwrap();
        let refused = rule_text(&[&load], Function::Avg, Some(&group), [1.0]).unwrap_err();
        assert_eq!(refused, "A rule watches each series on its own: remove the grouping.");
        let refused = rule(&["host/load"], Function::P95, &[1.0]).unwrap_err();
        assert_eq!(
            refused,
            "A rule compares single samples, not the 95th percentile of a window: choose mean or rate."
        );
        assert!(rule(&["a/b bytes", "a/c s"], Function::Avg, &[1.0]).unwrap_err().contains("several units"));
        assert!(rule(&["a/b"], Function::Avg, &[]).unwrap_err().contains("no values"));
    }

    proptest! {
        #[test]
        fn any_series_become_a_rule_that_selects_them_or_a_reason(
            series in prop::collection::vec(("[a-z]{1,3}", "[a-z/]{1,4}", "\\PC{0,12}", "\\PC{0,12}"), 1..4), value in -1e15..1e15,
        ) {
            let series: Vec<Series> = series
                .iter()
                .filter_map(|(source, name, a, b)| Series::new(source, name, "", &[("a", a), ("name", b)]).ok())
                .collect();
            let series: Vec<&Series> = series.iter().collect();
            if !series.is_empty() {
                prop_assert!(rule_text(&series, Function::Avg, None, [value]).is_ok());
            }
        }
    }
}
