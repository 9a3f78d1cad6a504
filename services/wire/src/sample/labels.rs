//! Reads the labels of a sample.

use super::value::{self, Kind, Text};
use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use watchkeeper_domain::limits::{self, MAX_LABELS};
use watchkeeper_domain::{Label, Violation};

/// Reads an object of labels into the empty `labels`, sorted by name. Values that are not strings become their compact
/// JSON text.
pub(super) fn read<'a>(json: &'a RawValue, labels: &mut Vec<Label<'a>>) -> Result<(), Violation> {
    value::check_kind("labels", json.get(), Kind::Object)?;
    let mut deserializer = serde_json::Deserializer::from_str(json.get());
    // Everything else was checked when the `RawValue` was parsed.
    let broken_escape = |_| Violation::new("labels", value::BROKEN_ESCAPE);
    let count = deserializer.deserialize_map(Collect { labels }).map_err(broken_escape)?;
    limits::check_label_count(count)?;
    labels.sort_unstable();
    Ok(())
}

struct Collect<'v, 'a> {
    labels: &'v mut Vec<Label<'a>>,
}

impl<'de> Visitor<'de> for Collect<'_, 'de> {
    /// Number of labels; beyond the limit they are only counted.
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of labels")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while let Some(Text(name)) = map.next_key()? {
            count += 1;
            if count > MAX_LABELS {
                map.next_value::<IgnoredAny>()?;
            } else {
                let value = as_text(map.next_value()?).map_err(A::Error::custom)?;
                self.labels.push((name, value));
            }
        }
        Ok(count)
    }
}

fn as_text(json: &RawValue) -> Result<Cow<'_, str>, serde_json::Error> {
    match Kind::of(json.get()) {
        Kind::String => value::unquoted(json),
        Kind::Array | Kind::Object => Ok(compact(json.get())),
        Kind::Null | Kind::Boolean | Kind::Number => Ok(json.get().into()),
    }
}

/// Removes whitespace between JSON tokens.
fn compact(json: &str) -> Cow<'_, str> {
    const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
    if !json.contains(SPACE) {
        return json.into();
    }
    let (mut in_string, mut escaped) = (false, false);
    let is_kept = |c: &char| {
        let kept = in_string || !SPACE.contains(c);
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
        kept
    };
    json.chars().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(json: &str) -> Result<Vec<(String, String)>, String> {
        let mut labels = Vec::new();
        read(serde_json::from_str(json).unwrap(), &mut labels).map_err(|violation| violation.to_string())?;
        Ok(labels.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    #[test]
    fn a_value_of_any_type_becomes_text() {
        let json = r#"{"s":"a b\n","i":1,"f":1.50,"t":true,"n":null,"o":{ "a b" : [1, "\" x"] },"e":[ ]}"#;
        let expected = [
            ("e", "[]"),
            ("f", "1.50"),
            ("i", "1"),
            ("n", "null"),
            ("o", r#"{"a b":[1,"\" x"]}"#),
            ("s", "a b\n"),
            ("t", "true"),
        ];
        assert_eq!(labels(json).unwrap(), expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn more_labels_than_the_limit_are_counted_but_not_kept() {
        let json = |count: usize| {
            let fields: Vec<_> = (0..count).map(|i| format!(r#""l{i}":"v""#)).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert_eq!(labels(&json(MAX_LABELS)).unwrap().len(), MAX_LABELS);
        assert_eq!(labels(&json(1000)).unwrap_err(), "labels: has 1000 labels, the limit is 32");
        let mut kept = Vec::new();
        let json = json(1000);
        read(serde_json::from_str(&json).unwrap(), &mut kept).unwrap_err();
        assert_eq!(kept.len(), MAX_LABELS);
    }

    #[test]
    fn half_a_surrogate_pair_is_refused() {
        for json in [r#"{"a":"\ud800"}"#, r#"{"\ud800":"a"}"#] {
            let error = labels(json).unwrap_err();
            assert_eq!(error, r"labels: has a \u escape that is half of a surrogate pair");
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            r"[ -~\t\n]{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map(r#"[ a"\\]{0,3}"#, inner, 0..4)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn compact_json_is_what_a_compact_writer_writes(json in any_json()) {
            let spaced = serde_json::to_string_pretty(&json).unwrap();
            prop_assert_eq!(compact(&spaced), json.to_string());
        }
    }
}
