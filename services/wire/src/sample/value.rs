//! Decodes single JSON values.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use watchkeeper_domain::{Timestamp, Violation};

/// A JSON string, borrowed unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Why a valid JSON string may not be valid text.
pub(super) const BROKEN_ESCAPE: &str = r"has a \u escape that is half of a surrogate pair";

/// The kinds of JSON values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// The kind of a valid JSON text without leading whitespace, from its first byte.
    pub(super) fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'"') => Self::String,
            Some(b'[') => Self::Array,
            Some(b'{') => Self::Object,
            _ => Self::Number,
        }
    }
}

/// With its article: `a string`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// Refuses values of any kind but `wanted`.
pub(super) fn check_kind(field: &str, json: &str, wanted: Kind) -> Result<(), Violation> {
    match Kind::of(json) {
        found if found == wanted => Ok(()),
        found => Err(Violation::new(field, format!("must be {wanted}, is {found}"))),
    }
}

/// Reads a string.
pub(super) fn text<'a>(field: &str, json: &'a RawValue) -> Result<Cow<'a, str>, Violation> {
    check_kind(field, json.get(), Kind::String)?;
    unquoted(json).map_err(|_| Violation::new(field, BROKEN_ESCAPE))
}

/// The text of a string. The only possible error is a [`BROKEN_ESCAPE`]: everything else was checked when the `RawValue`
/// was parsed, so that without escapes the text is what is between the quotes.
pub(super) fn unquoted(json: &RawValue) -> Result<Cow<'_, str>, serde_json::Error> {
    let between_quotes = json.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match between_quotes.filter(|text| !text.contains('\\')) {
        Some(text) => Ok(text.into()),
        None => serde_json::from_str(json.get()).map(|Text(text)| text),
    }
}

/// Reads a finite number.
pub(super) fn number(field: &str, json: &RawValue) -> Result<f64, Violation> {
    check_kind(field, json.get(), Kind::Number)?;
    parse_number(json.get()).ok_or_else(|| Violation::new(field, "must be a finite number"))
}

/// Reads an RFC 3339 time.
pub(super) fn time(field: &str, json: &RawValue) -> Result<Timestamp, Violation> {
    text(field, json)?.parse().map_err(|reason| Violation::new(field, format!("{reason}")))
}

/// The nearest `f64`; `None` if it is infinite or `json` is not a number.
pub(super) fn parse_number(json: &str) -> Option<f64> {
    serde_json::from_str(json).ok()
}
