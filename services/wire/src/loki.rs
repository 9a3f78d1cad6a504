//! Events as Loki's push API takes them: streams of lines with labels, as JSON or as protobuf.
//!
//! Labels and structured metadata become fields; of them, the usual names of service, host and level have their meaning.

mod json;
mod labels;
mod protobuf;

use crate::body::BodyError;
use serde_json::Value;
use watchkeeper_domain::event::{CHANGED, Draft, Fields};
use watchkeeper_domain::{Level, Timestamp, Violation, text};

/// The labels that name a service, most specific first.
pub const SERVICE_LABELS: [&str; 8] =
    ["service", "service_name", "app", "job", "compose_service", "container", "container_name", "unit"];
/// The labels that name a host, most specific first.
pub const HOST_LABELS: [&str; 4] = ["host", "hostname", "instance", "node_name"];
/// The labels that say how severe an entry is.
pub const LEVEL_LABELS: [&str; 3] = ["level", "detected_level", "severity"];

/// How much of a stream's labels a refusal repeats, in bytes.
const MAX_SHOWN: usize = 200;

/// The format of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushFormat {
    /// `{"streams":[{"stream":{"app":"shop"},"values":[["1795946400000000000","line"]]}]}`
    Json,
    /// `logproto.PushRequest`, uncompressed.
    Protobuf,
}

/// Calls `each` for every entry of a push, with its index from 0 and the labels of its stream as they are shown to people,
/// and returns their number.
///
/// # Errors
/// Refuses the whole push, possibly after `each` has been called for some entries: if it has more than `max_entries`, or
/// is not of this format. What is wrong within one entry costs no other.
pub fn for_each_entry(
    body: &[u8],
    format: PushFormat,
    max_entries: usize,
    each: impl FnMut(usize, &str, Result<Draft, Violation>),
) -> Result<usize, BodyError> {
    let mut entries = Entries { each, count: 0, limit: max_entries };
    match format {
        PushFormat::Json => json::read(body, &mut entries)?,
        PushFormat::Protobuf => protobuf::read(body, &mut entries)?,
    }
    Ok(entries.count)
}

/// Counts entries, and hands them out.
struct Entries<F> {
    each: F,
    count: usize,
    limit: usize,
}

impl<F: FnMut(usize, &str, Result<Draft, Violation>)> Entries<F> {
    fn take(&mut self, stream: &str, entry: Result<Draft, Violation>) -> Result<(), BodyError> {
        if self.count >= self.limit {
            return Err(BodyError::TooManyItems { limit: self.limit });
        }
        (self.each)(self.count, stream, entry);
        self.count += 1;
        Ok(())
    }
}

/// What the entries of one stream have in common.
struct Stream {
    /// How it is named in refusals.
    name: String,
    /// Its labels, or why they cannot be read.
    labels: Result<Fields, Violation>,
    /// An event of the stream without time, line and metadata.
    common: Draft,
}

impl Stream {
    fn new(name: &str, labels: Result<Fields, Violation>) -> Self {
        let name = text::line(text::head(name, MAX_SHOWN)).into_owned();
        let common = labels.as_ref().map_or_else(|_| Draft::default(), |labels| of_labels(labels.clone()));
        Self { name, labels, common }
    }

    /// One entry of it.
    fn entry(&self, entry: Result<Entry, Violation>) -> Result<Draft, Violation> {
        let labels = self.labels.as_ref().map_err(Clone::clone)?;
        let Entry { nanos, line, metadata, is_changed } = entry?;
        let mut draft = if metadata.is_empty() {
            self.common.clone()
        } else {
            of_labels(labels.clone().into_iter().chain(metadata).collect())
        };
        draft.occurred_at = time(nanos)?;
        draft.sent_again_at = u16::try_from(nanos.rem_euclid(1_000)).ok();
        draft.message = line;
        if is_changed {
            draft.marks.push(CHANGED);
        }
        Ok(draft)
    }
}

/// One line of a stream.
struct Entry {
    /// Nanoseconds since 1970; 0 if it has no time.
    nanos: i128,
    line: String,
    metadata: Fields,
    /// Whether bytes were replaced to read it.
    is_changed: bool,
}

fn time(nanos: i128) -> Result<Option<Timestamp>, Violation> {
    if nanos == 0 {
        return Ok(None);
    }
    let micros = i64::try_from(nanos.div_euclid(1_000)).ok().filter(|micros| *micros > 0);
    let at = micros.and_then(Timestamp::from_micros);
    at.map(Some).ok_or_else(|| Violation::new("time", format!("is {nanos} ns, must be from 1970 to 9999")))
}

/// An event with these fields, of which the usual names have their meaning.
fn of_labels(fields: Fields) -> Draft {
    let mut draft = Draft { fields, ..Draft::default() };
    let text = |text: &str| Some(text.to_owned());
    draft.service = take(&mut draft.fields, &SERVICE_LABELS, text).unwrap_or_default();
    draft.host = take(&mut draft.fields, &HOST_LABELS, text).unwrap_or_default();
    draft.level = take(&mut draft.fields, &LEVEL_LABELS, Level::of_word).unwrap_or_default();
    draft
}

/// Removes the first of these fields whose text makes sense.
fn take<T>(fields: &mut Fields, names: &[&'static str], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let read = |name: &&'static str| {
        let text = fields.get(*name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.and_then(&read).map(|read| (*name, read))
    };
    let (name, read) = names.iter().find_map(read)?;
    fields.remove(name);
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(labels: Value, metadata: Value) -> Draft {
        let (Value::Object(labels), Value::Object(metadata)) = (labels, metadata) else { panic!("objects") };
        let entry = Entry { nanos: 0, line: "x".into(), metadata, is_changed: false };
        Stream::new("{}", Ok(labels)).entry(Ok(entry)).unwrap()
    }

    fn stream(labels: Value) -> Draft {
        event(labels, json!({}))
    }

    #[test]
    fn metadata_counts_before_the_labels_and_is_not_left_over_where_they_agree() {
        let of = |metadata| {
            let Draft { service, level, fields, .. } =
                event(json!({"app": "shop", "level": "warn"}), metadata);
            (service, level, Value::Object(fields))
        };
        assert_eq!(
            of(json!({"level": "warn", "order": "17"})),
            ("shop".into(), Level::Warn, json!({"order": "17"}))
        );
        assert_eq!(of(json!({"level": "error"})), ("shop".into(), Level::Error, json!({})));
    }

    #[test]
    fn the_most_specific_label_names_service_and_host_and_the_others_stay_fields() {
        let of = |labels: Value| {
            let Draft { service, host, level, fields, .. } = stream(labels);
            (service, host, level, Value::Object(fields))
        };
        assert_eq!(
            of(
                json!({"job": "varlogs", "app": "shop", "instance": "10.0.0.5:80", "level": "warn", "env": "prod"})
            ),
            ("shop".into(), "10.0.0.5:80".into(), Level::Warn, json!({"job": "varlogs", "env": "prod"}))
        );
        assert_eq!(
            of(json!({"unit": "ssh.service", "node_name": "n1", "detected_level": "unknown"})),
            ("ssh.service".into(), "n1".into(), Level::Unknown, json!({"detected_level": "unknown"}))
        );
        assert_eq!(of(json!({"service": "", "job": 7})).0, "");
    }

    #[test]
    fn a_time_is_of_nanoseconds_and_none_is_no_time() {
        assert_eq!(time(0), Ok(None));
        let at = time(1_795_946_400_123_456_789).unwrap().unwrap();
        assert_eq!(at.to_string(), "2026-11-29T10:00:00.123456Z");
        for nanos in [-1, i128::MAX, 300_000_000_000_000_000_000] {
            assert_eq!(time(nanos).unwrap_err().reason, format!("is {nanos} ns, must be from 1970 to 9999"));
        }
    }
}
