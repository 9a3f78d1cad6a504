//! Conditions on the body of a response.

use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use watchkeeper_config::Section;

/// Most bytes of a body that are read; conditions look at these.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Most values of a body that one target may expect.
pub const MAX_BODY_VALUES: usize = 20;
/// Longest expected text, expression or value, in bytes.
pub const MAX_CONDITION_BYTES: usize = 1024;
/// Most characters of a found value that a reason shows.
const MAX_SHOWN_CHARS: usize = 60;

/// What the body of a response must be; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct BodyConditions {
    /// A text that it contains.
    pub contains: Option<String>,
    /// An expression that some part of it matches (syntax of the crate regex).
    pub matches: Option<Regex>,
    /// JSON Pointers (RFC 6901) into it, and the values there: texts as they are, everything else as JSON.
    pub json: BTreeMap<String, String>,
}

impl PartialEq for BodyConditions {
    fn eq(&self, other: &Self) -> bool {
        let expression =
            |conditions: &Self| conditions.matches.as_ref().map(|regex| regex.as_str().to_owned());
        self.contains == other.contains && self.json == other.json && expression(self) == expression(other)
    }
}

impl Eq for BodyConditions {}

impl BodyConditions {
    /// Reads the keys `body_contains`, `body_matches` and `body_json`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let contains = section.optional_text("body_contains", MAX_CONDITION_BYTES);
        let matches = read_regex(section, "body_matches");
        let json = section.texts("body_json", MAX_BODY_VALUES, MAX_CONDITION_BYTES);
        if let Some(long) = json.keys().find(|pointer| pointer.len() > MAX_CONDITION_BYTES) {
            let reason = format!("a pointer has {} bytes, the limit is {MAX_CONDITION_BYTES}", long.len());
            section.refuse("body_json", reason);
        }
        if let Some(pointer) = json.keys().find(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
            let reason = format!("{pointer} is not a JSON Pointer such as /status or /checks/0/state");
            section.refuse("body_json", reason);
        }
        Self { contains, matches, json }
    }

    /// Whether there is none, so that the body need not be read.
    pub(super) fn is_empty(&self) -> bool {
        self.contains.is_none() && self.matches.is_none() && self.json.is_empty()
    }

    /// Why the body is not as expected: `but its body does not contain "ok"`.
    pub(super) fn unmet(&self, body: &[u8]) -> Option<String> {
        let is_longer = body.len() > MAX_BODY_BYTES;
        let body = &body[..body.len().min(MAX_BODY_BYTES)];
        let text = String::from_utf8_lossy(body);
        if let Some(expected) = self.contains.as_deref().filter(|expected| !text.contains(*expected)) {
            return Some(format!("but its body does not contain {expected:?}"));
        }
        if let Some(expected) = self.matches.as_ref().filter(|expected| !expected.is_match(&text)) {
            return Some(format!("but its body does not match {:?}", expected.as_str()));
        }
        if self.json.is_empty() {
            return None;
        }
        if is_longer {
            return Some(format!(
                "but its body has more than {MAX_BODY_BYTES} bytes, too many to read as JSON"
            ));
        }
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            return Some("but its body is not JSON".to_owned());
        };
        self.json.iter().find_map(|(pointer, expected)| {
            let found = json.pointer(pointer).map(shown);
            let named = if pointer.is_empty() { "its body" } else { pointer };
            match found {
                None => Some(format!("but its body has no {named}, expected {expected:?}")),
                Some(found) if found != *expected => {
                    Some(format!("but {named} is {:?}, expected {expected:?}", cut(&found)))
                }
                Some(_) => None,
            }
        })
    }
}

/// A regular expression.
pub(super) fn read_regex(section: &mut Section<'_>, key: &'static str) -> Option<Regex> {
    let regex = Regex::new(&section.optional_text(key, MAX_CONDITION_BYTES)?);
    regex.map_err(|error| section.refuse(key, last_line(&error.to_string()))).ok()
}

/// A text as it is, everything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(MAX_SHOWN_CHARS).collect();
    if cut.len() < text.len() {
        let _ = cut.write_char('…');
    }
    cut
}

/// The reason of an error that first shows the expression.
fn last_line(text: &str) -> String {
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
    format!("is not a valid regular expression: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &str = r#"{"status":"ok","checks":[{"state":"pass","age":3,"late":false}]}"#;

    fn json(pairs: &[(&str, &str)]) -> BodyConditions {
        let json =
            pairs.iter().map(|(pointer, value)| ((*pointer).to_owned(), (*value).to_owned())).collect();
        BodyConditions { json, ..BodyConditions::default() }
    }

    fn unmet(conditions: &BodyConditions) -> Option<String> {
        conditions.unmet(BODY.as_bytes())
    }

    #[test]
    fn a_body_that_is_as_expected_meets_every_condition() {
        let all = BodyConditions {
            contains: Some("\"ok\"".to_owned()),
            matches: Some(Regex::new(r#""age":\d+"#).unwrap()),
            ..json(&[("/status", "ok"), ("/checks/0/age", "3"), ("/checks/0/late", "false")])
        };
        assert_eq!(unmet(&all), None);
        assert_eq!(BodyConditions::default().unmet(b"\xff"), None);
    }

    #[test]
    fn what_is_not_as_expected_is_said() {
        let contains = BodyConditions { contains: Some("up".to_owned()), ..BodyConditions::default() };
        let matches =
            BodyConditions { matches: Some(Regex::new("^up").unwrap()), ..BodyConditions::default() };
        for (conditions, reason) in [
            (contains, r#"but its body does not contain "up""#),
            (matches, r#"but its body does not match "^up""#),
            (json(&[("/status", "down")]), r#"but /status is "ok", expected "down""#),
            (json(&[("/db", "ok")]), r#"but its body has no /db, expected "ok""#),
        ] {
            assert_eq!(unmet(&conditions).as_deref(), Some(reason));
        }
        let large = json(&[("/status", "ok")]).unmet(&vec![b' '; MAX_BODY_BYTES + 1]).unwrap();
        assert!(large.starts_with("but its body has more than 1048576 bytes"), "{large}");
        let page = json(&[("/status", "ok")]).unmet(b"<html>");
        assert_eq!(page.as_deref(), Some("but its body is not JSON"));
        let long = format!("\"{}\"", "x".repeat(MAX_SHOWN_CHARS + 1));
        let reason = json(&[("", "ok")]).unmet(long.as_bytes()).unwrap();
        assert_eq!(reason, format!("but its body is \"{}…\", expected \"ok\"", "x".repeat(MAX_SHOWN_CHARS)));
    }

    proptest! {
        #[test]
        fn any_body_is_judged(body: Vec<u8>) {
            let conditions = BodyConditions { contains: Some("x".to_owned()), ..json(&[("/a", "1")]) };
            let _ = conditions.unmet(&body);
        }
    }
}
