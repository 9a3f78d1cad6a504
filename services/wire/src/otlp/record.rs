//! A log record, from any format.

use data_encoding::HEXLOWER;
use serde_json::{Number, Value};
use watchkeeper_domain::event::{CHANGED, Draft, Fields, MAX_FIELDS};
use watchkeeper_domain::{Level, Timestamp, Violation};

/// How deep values may be nested in protobuf; JSON has a limit of its own, which is less.
pub const MAX_DEPTH: usize = 64;

const SERVICE: &str = "service.name";
const HOST: &str = "host.name";
const TRACE_ID: &str = "trace_id";
const SPAN_ID: &str = "span_id";
const SEVERITY_TEXT: &str = "severity_text";
const EVENT_NAME: &str = "event.name";
const DROPPED: &str = "dropped_attributes_count";
/// The attribute with the name of a scope, as OpenTelemetry calls it elsewhere.
pub(super) const SCOPE_NAME: &str = "otel.scope.name";

/// A log record as it was sent.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Nanoseconds since 1970; 0 if unknown.
    pub(super) time: u64,
    /// The same, when a collector saw it.
    pub(super) observed: u64,
    /// 0 if unknown.
    pub(super) severity: i64,
    pub(super) severity_text: String,
    pub(super) body: Value,
    pub(super) attributes: Fields,
    /// How many attributes its sender has left out.
    pub(super) dropped: u64,
    /// In lower-case hex; empty if there is none.
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) event_name: String,
    /// Whether bytes were replaced to read it.
    pub(super) is_changed: bool,
}

impl Record {
    /// The event, with the attributes of its resource and scope.
    pub(super) fn into_draft(self, common: Fields) -> Result<Draft, Violation> {
        let nanos = if self.time == 0 { self.observed } else { self.time };
        let mut draft = Draft {
            occurred_at: time(nanos)?,
            sent_again_at: u16::try_from(nanos % 1_000).ok(),
            fields: common,
            message: text_of(self.body),
            ..Draft::default()
        };
        draft.fields.extend(self.attributes);
        draft.level = level(self.severity).unwrap_or_default();
        if draft.level == Level::Unknown {
            draft.level = Level::of_word(&self.severity_text).unwrap_or_default();
        }
        let is_plain = Level::of_word(self.severity_text.trim_end_matches(['2', '3', '4'])).is_some();
        let severity_text = if is_plain { String::new() } else { self.severity_text };
        for (name, text) in [
            (TRACE_ID, self.trace_id),
            (SPAN_ID, self.span_id),
            (SEVERITY_TEXT, severity_text),
            (EVENT_NAME, self.event_name),
        ] {
            if !text.is_empty() {
                draft.fields.insert(name.to_owned(), Value::String(text));
            }
        }
        if self.dropped > 0 {
            draft.fields.insert(DROPPED.to_owned(), self.dropped.into());
        }
        for (part, name) in [(&mut draft.service, SERVICE), (&mut draft.host, HOST)] {
            if let Some(Value::String(text)) = draft.fields.get_mut(name) {
                *part = std::mem::take(text);
                draft.fields.remove(name);
            }
        }
        if self.is_changed {
            draft.marks.push(CHANGED);
        }
        Ok(draft)
    }
}

/// The time of so many nanoseconds since 1970; `None` for 0, which means that there is none.
fn time(nanos: u64) -> Result<Option<Timestamp>, Violation> {
    if nanos == 0 {
        return Ok(None);
    }
    let at = i64::try_from(nanos / 1_000).ok().and_then(Timestamp::from_micros);
    at.map(Some).ok_or_else(|| Violation::new("time", format!("is {nanos} ns, must be from 1970 to 9999")))
}

const fn level(severity: i64) -> Option<Level> {
    Some(match severity {
        1..=4 => Level::Trace,
        5..=8 => Level::Debug,
        9..=12 => Level::Info,
        13..=16 => Level::Warn,
        17..=20 => Level::Error,
        21..=24 => Level::Critical,
        _ => return None,
    })
}

/// A text as it is, and anything else as its JSON; nothing for null.
fn text_of(body: Value) -> String {
    match body {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// A number, or its name where JSON has none.
pub(super) fn double(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

/// An id in hex; empty if it is all zeros, which means that there is none.
pub(super) fn id(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| *byte == 0) { String::new() } else { HEXLOWER.encode(bytes) }
}

/// Adds an attribute.
///
/// # Errors
/// When there are more than [`MAX_FIELDS`] then: nobody would store them.
pub(super) fn add(attributes: &mut Fields, name: String, value: Value) -> Result<(), Violation> {
    attributes.insert(name, value);
    if attributes.len() <= MAX_FIELDS {
        return Ok(());
    }
    Err(Violation::new("attributes", format!("are more than {MAX_FIELDS}, which is the limit")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_severity_has_a_level_and_the_text_counts_only_without_one() {
        let level = |severity, text: &str| {
            let record = Record { severity, severity_text: text.into(), ..Record::default() };
            let draft = record.into_draft(Fields::new()).unwrap();
            (draft.level, draft.fields.get(SEVERITY_TEXT).cloned())
        };
        let levels: Vec<_> = (0..=25).map(|severity| level(severity, "").0).collect();
        let mut expected = vec![Level::Unknown];
        for each in [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Critical] {
            expected.extend([each; 4]);
        }
        expected.push(Level::Unknown);
        assert_eq!(levels, expected);
        assert_eq!(level(17, "INFO"), (Level::Error, None));
        assert_eq!(level(0, "WARNING"), (Level::Warn, None));
        assert_eq!(level(18, "ERROR2"), (Level::Error, None));
        assert_eq!(level(9, "AUDIT"), (Level::Info, Some(json!("AUDIT"))));
        assert_eq!(level(0, "AUDIT"), (Level::Unknown, Some(json!("AUDIT"))));
    }

    #[test]
    fn an_id_is_hex_and_zeros_are_none() {
        assert_eq!(id(&[0xab, 0x0c]), "ab0c");
        assert_eq!([id(&[]), id(&[0; 16])], ["", ""]);
    }

    #[test]
    fn what_json_has_no_number_for_is_its_name() {
        assert_eq!(
            [double(1.5), double(f64::NAN), double(f64::NEG_INFINITY)],
            [json!(1.5), json!("NaN"), json!("-inf")]
        );
    }
}
