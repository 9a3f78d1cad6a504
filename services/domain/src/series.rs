//! What is measured.

mod parse;

use crate::limits::{self, Violation};
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};

/// A label's name and value.
pub type Label<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The parts of a series, borrowed from wherever they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesParts<'a> {
    /// Where samples come from: `github`, `host`.
    pub source: &'a str,
    /// What is measured: `stargazers_count`.
    pub name: &'a str,
    /// The unit of the value; empty if it has none.
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

/// A series: source, name, labels and unit. Valid by construction.
///
/// Two series are equal if their keys are; the key also determines order and hash.
///
/// A process may hold a million of them: behind an `Arc`, one uses about 120 bytes, plus its key and 8 bytes
/// for each label.
#[derive(Clone)]
pub struct Series {
    /// The key, which contains nearly all parts, followed by the values of labels that are escaped in it.
    text: Box<str>,
    source_end: u16,
    name_end: u16,
    unit_start: u16,
    key_end: u16,
    labels: Box<[LabelSpan]>,
}

/// The position of a label in the text.
#[derive(Clone, Copy)]
struct LabelSpan {
    name_start: u16,
    name_end: u16,
    value_start: u16,
    value_end: u16,
}

const _: () = assert!(limits::MAX_KEY_BYTES + limits::MAX_LABELS_BYTES <= u16::MAX as usize);

impl Series {
    /// Checks the parts against [`limits`] and copies them. Labels may be in any order.
    pub fn new(source: &str, name: &str, unit: &str, labels: &[(&str, &str)]) -> Result<Self, Violation> {
        let mut sorted: Vec<Label<'_>> =
            labels.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        sorted.sort_unstable();
        Self::from_parts(&SeriesParts { source, name, unit, labels: &sorted })
    }

    /// Checks the parts against [`limits`] and copies them.
    pub fn from_parts(parts: &SeriesParts<'_>) -> Result<Self, Violation> {
        limits::check_series(parts)?;
        let mut text = String::new();
        parts.write_key(&mut text);
        let key_end = offset(text.len());
        let name_end = parts.source.len() + "/".len() + parts.name.len();
        let (labels, end) = place_labels(parts.labels, name_end, &mut text);
        let space = if parts.unit.is_empty() { "" } else { " " };
        Ok(Self {
            text: text.into(),
            source_end: offset(parts.source.len()),
            name_end: offset(name_end),
            unit_start: offset(end + space.len()),
            key_end,
            labels,
        })
    }

    /// The series as one line of text, always the same for the same series; also the record key on the bus:
    /// `github/stargazers_count{repository="golang/go"} stars`.
    pub fn key(&self) -> &str {
        self.slice(0, self.key_end)
    }

    /// Where samples come from.
    pub fn source(&self) -> &str {
        self.slice(0, self.source_end)
    }

    /// What is measured.
    pub fn name(&self) -> &str {
        self.slice(self.source_end + 1, self.name_end)
    }

    /// The unit of the value; empty if it has none.
    pub fn unit(&self) -> &str {
        self.slice(self.unit_start, self.key_end)
    }

    /// Names and values of the labels, sorted by name.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.labels.iter().map(|&label| (self.label_name(label), self.label_value(label)))
    }

    /// The value of one label.
    pub fn label(&self, name: &str) -> Option<&str> {
        let at = self.labels.binary_search_by(|&candidate| self.label_name(candidate).cmp(name)).ok()?;
        Some(self.label_value(self.labels[at]))
    }

    fn label_name(&self, label: LabelSpan) -> &str {
        self.slice(label.name_start, label.name_end)
    }

    fn label_value(&self, label: LabelSpan) -> &str {
        self.slice(label.value_start, label.value_end)
    }

    fn slice(&self, start: u16, end: u16) -> &str {
        &self.text[usize::from(start)..usize::from(end)]
    }

    /// The value of a [`Matcher`](crate::Matcher)'s field: `source`, `name`, `unit` or a label; a label with
    /// one of these names is `labels.source`.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "source" => Some(self.source()),
            "name" => Some(self.name()),
            "unit" => Some(self.unit()),
            _ => self.label(name.strip_prefix("labels.").unwrap_or(name)),
        }
    }
}

/// The positions of the labels in `text`, which is the key so far, and where they end. Values that are
/// escaped in the key are appended after it.
fn place_labels(labels: &[Label<'_>], name_end: usize, text: &mut String) -> (Box<[LabelSpan]>, usize) {
    let (mut spans, mut at) = (Vec::with_capacity(labels.len()), name_end);
    for (name, value) in labels {
        let name_start = at + "{".len();
        let name_end = name_start + name.len();
        let in_key = name_end + "=\"".len();
        let escaped = value.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        let value_start = if escaped == 0 { in_key } else { text.len() };
        if escaped > 0 {
            text.push_str(value);
        }
        spans.push(LabelSpan {
            name_start: offset(name_start),
            name_end: offset(name_end),
            value_start: offset(value_start),
            value_end: offset(value_start + value.len()),
        });
        at = in_key + value.len() + escaped + "\"".len();
    }
    let brace = if labels.is_empty() { "" } else { "}" };
    (spans.into(), at + brace.len())
}

fn offset(bytes: usize) -> u16 {
    u16::try_from(bytes).expect("a valid series is shorter")
}

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
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
        self.key().cmp(other.key())
    }
}

impl Hash for Series {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// The key.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Series(")?;
        f.write_str(self.key())?;
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

    #[test]
    fn the_longest_series_has_all_its_parts() {
        let value = "\"".repeat(limits::MAX_LABEL_VALUE_BYTES);
        let rest =
            "\\".repeat(limits::MAX_LABELS_BYTES - 7 * limits::MAX_LABEL_VALUE_BYTES - limits::MAX_LABELS);
        let names: Vec<String> = ('0'..='5').chain('a'..='z').map(String::from).collect();
        let values = [&*value; 7].into_iter().chain([&*rest]).chain(std::iter::repeat(""));
        let labels: Vec<(&str, &str)> = names.iter().map(|name| &**name).zip(values).collect();
        let [source, name, unit] = [limits::MAX_SOURCE_BYTES, limits::MAX_NAME_BYTES, limits::MAX_UNIT_BYTES]
            .map(|bytes| "x".repeat(bytes));
        let series = Series::new(&source, &name, &unit, &labels).unwrap();
        assert_eq!((series.source(), series.name(), series.unit()), (&*source, &*name, &*unit));
        assert!(series.labels().eq(labels));
        assert!(series.key().len() <= limits::MAX_KEY_BYTES);
    }

    #[test]
    fn a_series_takes_as_little_memory_as_is_said() {
        let labels = [("instance", "web-0001.example.org"), ("user", "0123456789")];
        let mut series = None;
        let cost = allocation_counter::measure(|| {
            series = Some(std::sync::Arc::new(Series::new("shop", "requests", "", &labels).unwrap()));
        });
        let (kept, key) = (usize::try_from(cost.bytes_current).unwrap(), series.unwrap().key().len());
        assert!(kept <= 120 + key + 8 * labels.len(), "{kept} bytes, the key has {key}");
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
