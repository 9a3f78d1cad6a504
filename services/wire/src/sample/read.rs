//! Reads one sample without copying.

use super::fields::{self, Fields, UnknownFields};
use super::{labels, value};
use serde_json::value::RawValue;
use std::borrow::Cow;
use watchkeeper_domain::{Label, Note, SeriesParts, Timestamp, Violation, limits};

/// One sample, borrowed from its JSON. Its parts are within [`limits`]; its time is not checked against a clock.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleView<'a> {
    /// Source.
    pub source: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
    /// Unit; empty if there is none.
    pub unit: Cow<'a, str>,
    /// Labels, sorted by name, names unique.
    pub labels: &'a [Label<'a>],
    /// Value, finite.
    pub value: f64,
    /// Time of measurement, if given.
    pub collected_at: Option<Timestamp>,
    /// What the source says about the value, if anything.
    pub note: Option<Note>,
}

impl SampleView<'_> {
    /// The parts of the series.
    pub fn series(&self) -> SeriesParts<'_> {
        SeriesParts { source: &self.source, name: &self.name, unit: &self.unit, labels: self.labels }
    }
}

/// Reads samples one after another from text that outlives it. Allocates nothing for most of them: it copies only strings
/// with escapes, and labels that are arrays or objects with whitespace.
#[derive(Debug, Default)]
pub struct SampleReader<'a> {
    /// Reused for each sample.
    labels: Vec<Label<'a>>,
}

impl<'a> SampleReader<'a> {
    /// A new reader.
    pub const fn new() -> Self {
        Self { labels: Vec::new() }
    }

    /// Reads one JSON object, in our spelling or that of Go (`Source, Name, Unit, Value, Labels, CollectedAt`).
    ///
    /// # Errors
    /// Names the first invalid field; `sample` means the object as a whole.
    pub fn read(&mut self, json: &'a str, unknown: UnknownFields) -> Result<SampleView<'_>, Violation> {
        self.labels.clear();
        let fields = Fields::of(json, unknown)?;
        if let Some(json) = fields::optional(fields.labels) {
            labels::read(json, &mut self.labels)?;
        }
        let time = |json| value::time("collected_at", json);
        let view = SampleView {
            source: value::text("source", fields::required("source", fields.source)?)?,
            name: value::text("name", fields::required("name", fields.name)?)?,
            unit: fields::optional(fields.unit).map_or(Ok("".into()), |json| value::text("unit", json))?,
            labels: &self.labels,
            value: value::number("value", fields::required("value", fields.value)?)?,
            collected_at: fields::optional(fields.collected_at).map(time).transpose()?,
            note: read_note(fields::optional(fields.note), unknown)?,
        };
        limits::check_series(&view.series())?;
        Ok(view)
    }
}

/// On the bus a note never costs the value: other producers may mean something else by it, or be longer-winded.
fn read_note(json: Option<&RawValue>, unknown: UnknownFields) -> Result<Option<Note>, Violation> {
    let Some(json) = json else { return Ok(None) };
    let text = value::text("note", json);
    match unknown {
        UnknownFields::Ignore => Ok(text.ok().and_then(|text| Note::new(&text))),
        UnknownFields::Refuse => {
            let text = text?;
            limits::check_note(&text)?;
            Ok(Note::new(&text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(json: &str) -> String {
        SampleReader::new().read(json, UnknownFields::Refuse).unwrap_err().to_string()
    }

    /// A sample with one more field, or without `left_out`.
    fn sample(left_out: &str, added: &str) -> String {
        let fields = [r#""source":"github""#, r#""name":"stars""#, r#""value":1"#];
        let kept = fields.into_iter().filter(|field| !field.starts_with(&format!("\"{left_out}\"")));
        let fields: Vec<_> = kept.chain(Some(added).filter(|added| !added.is_empty())).collect();
        format!("{{{}}}", fields.join(","))
    }

    #[test]
    fn both_spellings_are_read_alike() {
        let ours = r#"{"id":"7","source":"github","name":"stars","unit":"stars","labels":{"b":"2","a":1},
            "value":125000,"collected_at":"2026-11-20T10:00:00.123Z","note":"as of today"}"#;
        let gos = r#" {"ID":7,"CollectedAt":"2026-11-20T13:00:00.123+03:00","Labels":{"a":1,"b":"2"},
            "Unit":"stars","Value":1.25e5,"Note":"as of today","Name":"stars","Source":"github"} "#;
        let labels: [Label<'_>; 2] = [("a".into(), "1".into()), ("b".into(), "2".into())];
        let expected = SampleView {
            source: "github".into(),
            name: "stars".into(),
            unit: "stars".into(),
            labels: &labels,
            value: 125_000.0,
            collected_at: Some("2026-11-20T10:00:00.123Z".parse().unwrap()),
            note: Note::new("as of today"),
        };
        for json in [ours, gos] {
            assert_eq!(SampleReader::new().read(json, UnknownFields::Refuse), Ok(expected.clone()));
        }
    }

    #[test]
    fn a_field_that_may_be_missing_may_be_null() {
        let json = sample("", r#""unit":null,"Labels":null,"collected_at":null,"note":null"#);
        let mut reader = SampleReader::new();
        let view = reader.read(&json, UnknownFields::Refuse).unwrap();
        assert_eq!((&*view.unit, view.labels, view.collected_at, view.note), ("", &[][..], None, None));
    }

    #[test]
    fn nothing_is_left_over_from_the_sample_before() {
        let with_labels = sample("", r#""labels":{"a":"1"},"unit":"x""#);
        let (broken, plain) = (sample("", r#""labels":{"a":"1"},"unit":1"#), sample("", ""));
        let mut reader = SampleReader::new();
        reader.read(&with_labels, UnknownFields::Refuse).unwrap();
        reader.read(&broken, UnknownFields::Refuse).unwrap_err();
        let view = reader.read(&plain, UnknownFields::Refuse).unwrap();
        assert_eq!((&*view.unit, view.labels), ("", &[][..]));
    }

    #[test]
    fn a_note_that_breaks_a_limit_is_refused_from_a_client_and_cut_or_dropped_on_the_bus() {
        let read = |json: &str| SampleReader::new().read(json, UnknownFields::Ignore).unwrap().note;
        let noted = |note: &str| sample("", &format!(r#""note":{note}"#));
        let long = noted(&format!("{:?}", "x".repeat(300)));
        assert_eq!(refused(&long), "note: has 300 bytes, the limit is 256");
        assert_eq!(read(&long), Note::new(&"x".repeat(300)));
        for (json, reason) in
            [("7", "must be a string, is a number"), ("{}", "must be a string, is an object")]
        {
            assert_eq!(refused(&noted(json)), format!("note: {reason}"));
            assert_eq!(read(&noted(json)), None);
        }
        assert_eq!(read(&noted(r#"" a\nb ""#)), Note::new("a b"));
    }

    #[test]
    fn a_required_field_that_is_missing_is_named() {
        for field in ["source", "name", "value"] {
            assert_eq!(refused(&sample(field, "")), format!("{field}: is missing"));
        }
        assert_eq!(refused(&sample("source", r#""source":null"#)), "source: must be a string, is null");
    }

    #[test]
    fn a_field_of_the_wrong_type_says_what_it_must_be_and_is() {
        for (field, json, reason) in [
            ("source", "1", "must be a string, is a number"),
            ("name", "{}", "must be a string, is an object"),
            ("unit", "true", "must be a string, is a boolean"),
            ("labels", "[]", "must be an object, is an array"),
            ("labels", "\"a\"", "must be an object, is a string"),
            ("value", "\"1\"", "must be a number, is a string"),
            ("value", "null", "must be a number, is null"),
            ("value", "1e999", "must be a finite number"),
            ("value", "-1e999", "must be a finite number"),
            ("collected_at", "0", "must be a string, is a number"),
            ("unit", r#""\ud800""#, r"has a \u escape that is half of a surrogate pair"),
        ] {
            let json = sample(field, &format!(r#""{field}":{json}"#));
            assert_eq!(refused(&json), format!("{field}: {reason}"), "{json}");
        }
        assert!(
            refused(&sample("", r#""collected_at":"now""#)).starts_with("collected_at: must be an RFC 3339")
        );
    }

    #[test]
    fn a_field_given_twice_is_refused_in_any_spelling() {
        for twice in ["source", "Source", r"sourc\u0065"] {
            let found = refused(&sample("", &format!(r#""{twice}":"x""#)));
            assert!(found.ends_with("ource: is given twice"), "{found}");
        }
        assert_eq!(refused(&sample("", r#""labels":{"a":"1","a":"2"}"#)), "labels.a: is given twice");
        assert_eq!(refused(&sample("", r#""labels":null,"Labels":{}"#)), "Labels: is given twice");
    }

    #[test]
    fn an_unknown_field_is_named_or_ignored() {
        let json = sample("", r#""valeu":1"#);
        assert_eq!(
            refused(&json),
            "valeu: is unknown: a sample has source, name, unit, labels, value, collected_at and note"
        );
        assert!(SampleReader::new().read(&json, UnknownFields::Ignore).is_ok());
        let long = sample("", &format!(r#""{}":1"#, "x".repeat(1000)));
        assert!(refused(&long).starts_with(&format!("{}: is unknown", "x".repeat(64))));
    }

    #[test]
    fn what_breaks_a_limit_is_refused() {
        assert_eq!(refused(&sample("source", r#""source":"""#)), "source: must have 1 to 64 bytes, is empty");
        let labels: Vec<_> = (0..33).map(|i| format!(r#""l{i}":1"#)).collect();
        let labels = format!(r#""labels":{{{}}}"#, labels.join(","));
        assert_eq!(refused(&sample("", &labels)), "labels: has 33 labels, the limit is 32");
    }

    #[test]
    fn what_is_no_object_is_refused_as_a_whole() {
        for (json, reason) in [
            ("[1", "must be an object, is an array"),
            (" 5", "must be an object, is a number"),
            ("\"a\"", "must be an object, is a string"),
            ("null", "must be an object, is null"),
            ("", "is not valid JSON: EOF while parsing a value at line 1 column 0"),
            ("hello", "is not valid JSON: expected value at line 1 column 1"),
            (r#"{"source""#, "is not valid JSON: EOF while parsing an object at line 1 column 9"),
            (r#"{"id":01}"#, "is not valid JSON: invalid number at line 1 column 8"),
            (r"{} {}", "is not valid JSON: trailing characters at line 1 column 4"),
        ] {
            assert_eq!(refused(json), format!("sample: {reason}"), "{json}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for field in ["source", "value", "labels", "unknown"] {
            let error = refused(&sample(field, &format!(r#""{field}":{deep}"#)));
            assert!(error.starts_with(field), "{error:.100}");
        }
        assert_eq!(refused(&deep), "sample: must be an object, is an array");
        assert_eq!(
            refused(&sample("", &format!(r#""labels":{{"a":{deep}}}"#))),
            "labels.a: has 200000 bytes, the limit is 1024"
        );
        assert!(
            refused(&sample("", &format!(r#""labels":{{"a":{}"#, &deep[..99_999]))).starts_with("sample: ")
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(json in r#"[{}\[\],:"\\a-c0-9eE. u-]{0,64}"#) {
            let _ = SampleReader::new().read(&json, UnknownFields::Ignore);
        }
    }
}
