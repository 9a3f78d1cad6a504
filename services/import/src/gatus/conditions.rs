//! Conditions of an endpoint: `[STATUS] == 200`, `[BODY].status == ok`.

use crate::model::Site;
use crate::text::{go_duration, literal};
use crate::value::Toml;
use std::collections::BTreeMap;

/// Most ranges of status codes, and most values of a body, that a target may expect.
const MAX_EXPECTED: usize = 20;
/// Longest expected text, in bytes.
const MAX_TEXT_BYTES: usize = 1024;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// The status codes that there are.
const CODES: (u16, u16) = (100, 599);

/// What the conditions of one endpoint ask for.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// Ranges of status codes; `None` if no condition is about them.
    status: Option<Vec<(u16, u16)>>,
    body_contains: Option<String>,
    body_matches: Option<String>,
    body_json: BTreeMap<String, String>,
    pub(super) response_ms: Option<u64>,
    pub(super) certificate_days: Option<u64>,
    /// Expected answers of a name server, as Gatus writes its body.
    pub(super) dns_answers: Vec<String>,
    /// What could not be taken.
    pub(super) left: Vec<String>,
}

impl Conditions {
    pub(super) fn read<'c>(conditions: impl Iterator<Item = &'c str>) -> Self {
        let mut all = Self::default();
        for condition in conditions {
            if all.add(condition).is_none() {
                all.left.push(format!("the condition `{condition}` was left out"));
            }
        }
        all
    }

    /// `None` if there is no such condition here.
    fn add(&mut self, condition: &str) -> Option<()> {
        let (left, operator, right) = split(condition)?;
        match left {
            "[CONNECTED]" => ((operator, right) == ("==", "true")).then_some(()),
            "[DNS_RCODE]" => ((operator, right) == ("==", "NOERROR")).then_some(()),
            "[STATUS]" => self.status(operator, right),
            "[RESPONSE_TIME]" => {
                let limit: u64 = right.parse().ok()?;
                let most = match operator {
                    "<" => limit.checked_sub(1)?,
                    "<=" => limit,
                    _ => return None,
                };
                self.response_ms = Some(self.response_ms.map_or(most, |other| other.min(most)));
                Some(())
            }
            "[CERTIFICATE_EXPIRATION]" => {
                let left = go_duration(right).filter(|_| matches!(operator, ">" | ">="))?;
                let days = left.div_ceil(DAY_MS).max(1);
                self.certificate_days = Some(self.certificate_days.map_or(days, |other| other.max(days)));
                Some(())
            }
            "[BODY]" => self.body(operator, right),
            _ => self.value_of_body(left.strip_prefix("[BODY]")?, operator, right),
        }
    }

    fn status(&mut self, operator: &str, right: &str) -> Option<()> {
        let codes = codes(operator, right)?;
        let both = match &self.status {
            None => codes,
            Some(others) => intersection(others, &codes),
        };
        if both.is_empty() || both.len() > MAX_EXPECTED {
            return None;
        }
        self.status = Some(both);
        Some(())
    }

    fn body(&mut self, operator: &str, right: &str) -> Option<()> {
        if operator != "==" || right.len() > MAX_TEXT_BYTES / 2 || right.contains('[') {
            return None;
        }
        self.dns_answers.push(right.to_owned());
        let Some(pattern) = argument(right, "pat") else {
            return self.matches(match argument(right, "any") {
                Some(options) => {
                    let options: Vec<String> =
                        options.split(',').map(|option| literal(option.trim())).collect();
                    format!("(?s)\\A\\s*({})\\s*\\z", options.join("|"))
                }
                None => format!("(?s)\\A\\s*{}\\s*\\z", literal(right)),
            });
        };
        let middle = pattern.strip_prefix('*').and_then(|rest| rest.strip_suffix('*'));
        match middle.filter(|text| !text.is_empty() && !text.contains(['*', '?', '['])) {
            Some(text) if self.body_contains.is_none() => {
                self.body_contains = Some(text.to_owned());
                Some(())
            }
            _ => self.matches(wildcards(pattern)?),
        }
    }

    fn matches(&mut self, expression: String) -> Option<()> {
        if self.body_matches.is_some() {
            return None;
        }
        self.body_matches = Some(expression);
        Some(())
    }

    fn value_of_body(&mut self, path: &str, operator: &str, right: &str) -> Option<()> {
        let is_function = ["pat(", "any(", "len(", "has("].iter().any(|function| right.starts_with(function));
        if operator != "==" || is_function || right.contains("[BODY]") || right.len() > MAX_TEXT_BYTES {
            return None;
        }
        let pointer = pointer(path)?;
        if self.body_json.len() == MAX_EXPECTED || self.body_json.contains_key(&pointer) {
            return None;
        }
        self.body_json.insert(pointer, right.to_owned());
        Some(())
    }

    /// Whether one is about the body.
    pub(super) fn has_body(&self) -> bool {
        self.body_contains.is_some() || self.body_matches.is_some() || !self.body_json.is_empty()
    }

    /// Adds the keys of an HTTP check.
    pub(super) fn apply(self, site: &mut Site) {
        let status = self.status.unwrap_or_else(|| vec![CODES]);
        if status != [(200, 299)] {
            let ranges =
                status.iter().map(
                    |(first, last)| {
                        if first == last { first.to_string() } else { format!("{first}-{last}") }
                    },
                );
            site.key("expect_status", Toml::list(ranges));
        }
        if let Some(text) = &self.body_contains {
            site.key("body_contains", Toml::text(text));
        }
        if let Some(expression) = &self.body_matches {
            site.key("body_matches", Toml::text(expression));
        }
        if !self.body_json.is_empty() {
            let values = self.body_json.iter().map(|(pointer, value)| (pointer, Toml::text(value)));
            site.key("body_json", Toml::table(values));
        }
    }
}

/// The sides and the operator.
fn split(condition: &str) -> Option<(&str, &str, &str)> {
    const OPERATORS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];
    let places = OPERATORS.iter().filter_map(|operator| {
        let at = condition.find(&format!(" {operator} "))?;
        Some((at, *operator))
    });
    let (at, operator) = places.min_by_key(|(at, _)| *at)?;
    Some((condition[..at].trim(), operator, condition[at + operator.len() + 2..].trim()))
}

/// What is within `function(…)`.
fn argument<'t>(text: &'t str, function: &str) -> Option<&'t str> {
    text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')
}

/// The ranges of codes for which the condition holds.
fn codes(operator: &str, right: &str) -> Option<Vec<(u16, u16)>> {
    let (first, last) = CODES;
    let code = |text: &str| text.trim().parse::<u16>().ok();
    let within =
        |ranges: Vec<(u16, u16)>| ranges.into_iter().filter(|(from, to)| from <= to).collect::<Vec<_>>();
    if let Some(options) = argument(right, "any") {
        let known: Option<Vec<u16>> = options.split(',').map(code).collect();
        let ranges = known?.into_iter().filter(|code| (first..=last).contains(code)).map(|code| (code, code));
        return (operator == "==").then(|| ranges.collect());
    }
    let code = code(right)?.clamp(first - 1, last + 1);
    let ranges = match operator {
        "==" if (first..=last).contains(&code) => vec![(code, code)],
        "!=" => within(vec![(first, code - 1), (code + 1, last)]),
        "<" => within(vec![(first, code - 1)]),
        "<=" => within(vec![(first, code.min(last))]),
        ">" => within(vec![(code + 1, last)]),
        ">=" => within(vec![(code.max(first), last)]),
        _ => return None,
    };
    Some(ranges)
}

fn intersection(one: &[(u16, u16)], other: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))));
    pairs.filter(|(first, last)| first <= last).collect()
}

/// A pattern of Gatus, in which `*` is any text and `?` any character.
fn wildcards(pattern: &str) -> Option<String> {
    if pattern.contains(['[', '\\']) {
        return None;
    }
    let parts: String = pattern
        .chars()
        .map(|c| match c {
            '*' => ".*".to_owned(),
            '?' => ".".to_owned(),
            other => literal(&other.to_string()),
        })
        .collect();
    Some(format!("(?s)\\A\\s*{parts}\\s*\\z"))
}

/// The JSON Pointer of a path such as `.data.items[0].id`.
fn pointer(path: &str) -> Option<String> {
    let mut pointer = String::new();
    let path = path.replace('[', ".[");
    for part in path.strip_prefix('.')?.split('.') {
        let part = match part.strip_prefix('[') {
            Some(index) => index.strip_suffix(']').filter(|index| index.parse::<usize>().is_ok())?,
            None => part,
        };
        if part.is_empty() || part.contains(['(', ')', ' ', ']']) {
            return None;
        }
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
    }
    Some(pointer)
}
