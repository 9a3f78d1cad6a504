//! The command that silences the alerts of a notice.

use crate::{failed_unit, trial};
use std::collections::BTreeSet;
use watchkeeper_domain::text::is_plain;
use watchkeeper_domain::{Alert, Matcher, Matchers};

/// Messages that no silence mutes.
const NOT_OF_RULES: [&str; 2] = [failed_unit::RULE, trial::RULE];

/// Its default duration.
const LENGTH: &str = "2h";

/// A shell command that silences `alerts`, the firing ones of a group whose fields are `fields`: a single alert by
/// its rule and labels; several by rule and their common fields. `None` if there are none, a silence could not have
/// so many matchers or characters, or the command could not be shown verbatim.
pub(super) fn silence_command(fields: &[(String, String)], alerts: &[&Alert]) -> Option<String> {
    let matchers = match alerts {
        [] => return None,
        [one] if NOT_OF_RULES.contains(&one.rule.as_str()) => return None,
        [one] => one.matchers().iter().map(ToString::to_string).collect(),
        many => of_group(fields, many),
    };
    let read: Result<Vec<Matcher>, _> = matchers.iter().map(|matcher| matcher.parse()).collect();
    Matchers::new(read.ok()?).ok()?;
    if !matchers.iter().all(|matcher| matcher.chars().all(is_plain)) {
        return None;
    }
    let quoted: Vec<_> = matchers.iter().map(|matcher| quoted(matcher)).collect();
    Some(format!("watchkeeper silences add {} --for {LENGTH}", quoted.join(" ")))
}

fn of_group(fields: &[(String, String)], alerts: &[&Alert]) -> Vec<String> {
    let rules: BTreeSet<_> = alerts.iter().map(|alert| alert.rule.as_str()).collect();
    let rule = match rules.len() {
        1 => Matcher::equal("rule", rules.into_iter().collect::<String>()).to_string(),
        // A dot in a name matches any character, so the expression may match slightly more.
        _ => format!("rule=~\"{}\"", rules.into_iter().collect::<Vec<_>>().join("|")),
    };
    let others = fields.iter().filter(|(field, _)| field != "rule");
    let others = others.map(|(field, value)| Matcher::equal(field, value).to_string());
    std::iter::once(rule).chain(others).collect()
}

/// Quoted as one word of a POSIX shell.
fn quoted(matcher: &str) -> String {
    format!("'{}'", matcher.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_domain::{MAX_MATCHER_BYTES, MAX_MATCHERS, Series, Severity, Timestamp};

    fn alert(rule: &str, labels: &[(&str, &str)]) -> Alert {
        Alert {
            rule: rule.into(),
            series: Arc::new(Series::new("host", "load", "", labels).unwrap()),
            severity: Severity::Warning,
            fired_at: Timestamp::MIN,
            cleared_at: None,
            value: None,
            reason: "is away".into(),
            acknowledged: None,
        }
    }

    /// The matchers of a command, as a shell would take it apart.
    fn matchers(command: &str) -> Matchers {
        let words = command.strip_prefix("watchkeeper silences add '").unwrap();
        let words = words.strip_suffix("' --for 2h").unwrap();
        let parsed = words.split("' '").map(|word| word.replace(r"'\''", "'").parse().unwrap());
        Matchers::new(parsed.collect()).unwrap()
    }

    #[test]
    fn a_command_that_would_not_be_what_is_shown_is_left_out() {
        assert!(silence_command(&[], &[&alert("busy", &[("host", "a\u{202e}b")])]).is_none());
        assert!(silence_command(&[], &[&alert("busy", &[("host", "ab")])]).is_some());
    }

    #[test]
    fn one_alert_is_silenced_and_no_other() {
        let one = alert("busy", &[("host", "a\"b's"), ("source", "x")]);
        let command = silence_command(&[], &[&one]).unwrap();
        let expected = r#"'rule="busy"' 'host="a\"b'\''s"' 'labels.source="x"'"#;
        assert_eq!(command, format!("watchkeeper silences add {expected} --for 2h"));
        let matchers = matchers(&command);
        assert!(matchers.hold(|field| one.field(field)));
        for other in [alert("hot", &[("host", "a\"b's"), ("source", "x")]), alert("busy", &[("source", "x")])]
        {
            assert!(!matchers.hold(|field| other.field(field)));
        }
    }

    #[test]
    fn a_group_is_silenced_by_its_rules_and_fields() {
        let fields = [("rule".to_owned(), "busy".to_owned()), ("host".to_owned(), "a".to_owned())];
        let (busy, hot) = (alert("busy", &[("host", "a")]), alert("hot", &[("host", "a")]));
        let command = |alerts: &[&Alert]| silence_command(&fields, alerts).unwrap();
        assert_eq!(command(&[&busy, &busy]), r#"watchkeeper silences add 'rule="busy"' 'host="a"' --for 2h"#);
        let both = matchers(&command(&[&busy, &hot]));
        assert!([busy, hot].iter().all(|alert| both.hold(|field| alert.field(field))));
        let cold = alert("cold", &[("host", "a")]);
        assert!(!both.hold(|field| cold.field(field)));
    }

    #[test]
    fn there_is_no_command_where_nothing_fires_or_no_silence_could_be_so_long() {
        assert_eq!(silence_command(&[], &[]), None);
        let of_labels = |count: usize| {
            let names: Vec<_> = (0..count).map(|number| format!("l{number}")).collect();
            let labels: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
            silence_command(&[], &[&alert("busy", &labels)]).is_some()
        };
        assert_eq!([MAX_MATCHERS - 1, MAX_MATCHERS].map(of_labels), [true, false], "one is the rule's");
        let of_rules = |count: usize| {
            let alerts: Vec<_> = (0..count).map(|number| alert(&format!("{number:064}"), &[])).collect();
            silence_command(&[], &alerts.iter().collect::<Vec<_>>()).is_some()
        };
        assert_eq!([2, MAX_MATCHER_BYTES / 64 + 1].map(of_rules), [true, false]);
    }
}
