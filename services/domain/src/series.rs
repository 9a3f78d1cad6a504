//! What is measured.

mod parse;

use crate::limits::{self, Violation};
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};

/// A label's name and value.
pub type Label<'a> = (Cow<'a, str>, Cow<'a, str>);

/// What makes a series, borrowed from wherever it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesParts<'a> {
    /// Where samples come from: `github`, `host`.
    pub source: &'a str,
    /// What is measured: `stargazers_count`.
    pub name: &'a str,
    /// What one unit of the value is; empty when there is none to name.
    pub unit: &'a str,
    /// Sorted by name, names unique.
    pub labels: &'a [Label<'a>],
}

impl SeriesParts<'_> {
    /// Appends the series key (see [`Series::key`]) to `out`.
    pub fn write_key(&self, out: &mut String) {
        out.push_str(self.source);
        out.push('/');
        out.push_str(self.name);
        if !self.labels.is_empty() {
            for (index, (name, value)) in self.labels.iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                out.push_str(name);
                out.push_str("=\"");
                push_escaped(out, value);
                out.push('"');
            }
            out.push('}');
        }
        if !self.unit.is_empty() {
            out.push(' ');
            out.push_str(self.unit);
        }
    }
}

fn push_escaped(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(['"', '\\']) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push_str(&rest[at..=at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// One thing that is measured: source, name, labels and unit. Valid by construction.
///
/// Two series are the same when their keys are; the key decides equality, order and hash.
#[derive(Clone)]
pub struct Series {
    key: Box<str>,
    source: Box<str>,
    name: Box<str>,
    unit: Box<str>,
    labels: Box<[(Box<str>, Box<str>)]>,
}

impl Series {
    /// Checks the parts against [`limits`] and takes a copy of them. Labels may come in any order.
    pub fn new(source: &str, name: &str, unit: &str, labels: &[(&str, &str)]) -> Result<Self, Violation> {
        let mut sorted: Vec<Label<'_>> =
            labels.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        sorted.sort_unstable();
        Self::from_parts(&SeriesParts { source, name, unit, labels: &sorted })
    }

    /// Checks the parts against [`limits`] and takes a copy of them.
    pub fn from_parts(parts: &SeriesParts<'_>) -> Result<Self, Violation> {
        limits::check_series(parts)?;
        let mut key = String::new();
        parts.write_key(&mut key);
        Ok(Self {
            key: key.into(),
            source: parts.source.into(),
            name: parts.name.into(),
            unit: parts.unit.into(),
            labels: parts
                .labels
                .iter()
                .map(|(name, value)| (name.as_ref().into(), value.as_ref().into()))
                .collect(),
        })
    }

    /// The series as one line of text, the same for the same series everywhere, and the message key on
    /// the bus: `github/stargazers_count{repository="golang/go"} stars`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where samples come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is measured.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What one unit of the value is; empty when there is none to name.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Names and values of the labels, sorted by name.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of one label.
    pub fn label(&self, name: &str) -> Option<&str> {
        let at = self.labels.binary_search_by(|(candidate, _)| (**candidate).cmp(name)).ok()?;
        Some(&self.labels[at].1)
    }

    /// What a [`Matcher`](crate::Matcher) sees under `name`: `source`, `name`, `unit` or a label; a label
    /// of one of these names is `labels.source`.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "source" => Some(&self.source),
            "name" => Some(&self.name),
            "unit" => Some(&self.unit),
            _ => self.label(name.strip_prefix("labels.").unwrap_or(name)),
        }
    }
}

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Series {}

impl PartialOrd for Series {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Series {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Series {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// The key.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Series(")?;
        f.write_str(&self.key)?;
        f.write_char(')')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    #[test]
    fn the_key_reads_as_documented() {
        let series =
            Series::new("github", "stargazers_count", "stars", &[("repository", "golang/go")]).unwrap();
        assert_eq!(series.key(), r#"github/stargazers_count{repository="golang/go"} stars"#);
    }

    #[test]
    fn the_order_of_labels_makes_no_difference() {
        let one = Series::new("host", "x", "", &[("a", "1"), ("b", "2")]).unwrap();
        let other = Series::new("host", "x", "", &[("b", "2"), ("a", "1")]).unwrap();
        assert_eq!(one, other);
        assert_eq!(one.label("b"), Some("2"));
        assert_eq!(one.label("c"), None);
    }

    fn any_series() -> impl Strategy<Value = (String, String, String, Vec<(String, String)>)> {
        let labels = btree_map("[a-z]{1,3}", "[ -~]{0,6}", 0..4);
        ("[a-z]{1,3}", "[a-z/]{1,3}", "[ -~]{0,3}", labels)
            .prop_map(|(source, name, unit, labels)| (source, name, unit, labels.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn different_series_have_different_keys(a in any_series(), b in any_series()) {
            let key = |(source, name, unit, labels): &(String, String, String, Vec<(String, String)>)| {
                let labels: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                Series::new(source, name, unit, &labels).unwrap().key().to_owned()
            };
            prop_assert_eq!(key(&a) == key(&b), a == b);
        }
    }
}
