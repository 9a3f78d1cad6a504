//! `logproto.PushRequest`, from <https://github.com/grafana/loki/blob/main/pkg/push/push.proto>.

use super::{Entries, Entry, Stream, labels};
use crate::body::BodyError;
use crate::protobuf::{Malformed, Value, fields};
use serde_json::Value as Json;
use watchkeeper_domain::Violation;
use watchkeeper_domain::event::{Draft, Fields, MAX_FIELDS, clean_text};

const STREAMS: u64 = 1;
const LABELS: u64 = 1;
const ENTRIES: u64 = 2;
const TIMESTAMP: u64 = 1;
const LINE: u64 = 2;
const METADATA: u64 = 3;
const SECONDS: u64 = 1;
const NANOS: u64 = 2;
const NAME: u64 = 1;
const VALUE: u64 = 2;

pub(super) fn read<F>(body: &[u8], entries: &mut Entries<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, &str, Result<Draft, Violation>),
{
    for field in fields(body) {
        if let (STREAMS, Value::Bytes(stream)) = field? {
            read_stream(stream, entries)?;
        }
    }
    Ok(())
}

fn read_stream<F>(message: &[u8], entries: &mut Entries<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, &str, Result<Draft, Violation>),
{
    let mut shown = "{}".into();
    // Fields may come in any order.
    for field in fields(message) {
        if let (LABELS, Value::Bytes(text)) = field? {
            shown = clean_text(text).text;
        }
    }
    let stream = Stream::new(&shown, labels::read(&shown));
    for field in fields(message) {
        if let (ENTRIES, Value::Bytes(entry)) = field? {
            entries.take(&stream.name, stream.entry(read_entry(entry)))?;
        }
    }
    Ok(())
}

fn read_entry(message: &[u8]) -> Result<Entry, Violation> {
    let mut entry = Entry { nanos: 0, line: String::new(), metadata: Fields::new(), is_changed: false };
    for field in fields(message) {
        match field.map_err(malformed)? {
            (TIMESTAMP, Value::Bytes(time)) => entry.nanos = nanos(time)?,
            (LINE, Value::Bytes(line)) => entry.line = entry.text(line),
            (METADATA, Value::Bytes(pair)) => {
                let (name, value) = read_pair(pair, &mut entry)?;
                entry.metadata.insert(name, Json::String(value));
                if entry.metadata.len() > MAX_FIELDS {
                    let reason = format!("has more than {MAX_FIELDS} fields, which is the limit");
                    return Err(Violation::new("fields", reason));
                }
            }
            _ => {}
        }
    }
    Ok(entry)
}

impl Entry {
    fn text(&mut self, bytes: &[u8]) -> String {
        let cleaned = clean_text(bytes);
        self.is_changed |= cleaned.is_changed;
        cleaned.text.into_owned()
    }
}

fn read_pair(message: &[u8], entry: &mut Entry) -> Result<(String, String), Violation> {
    let (mut name, mut value) = (String::new(), String::new());
    for field in fields(message) {
        match field.map_err(malformed)? {
            (NAME, Value::Bytes(text)) => name = entry.text(text),
            (VALUE, Value::Bytes(text)) => value = entry.text(text),
            _ => {}
        }
    }
    Ok((name, value))
}

fn nanos(message: &[u8]) -> Result<i128, Violation> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in fields(message) {
        match field.map_err(malformed)? {
            (SECONDS, Value::Varint(number)) => seconds = i128::from(number.cast_signed()),
            (NANOS, Value::Varint(number)) => nanos = i128::from(number.cast_signed()),
            _ => {}
        }
    }
    Ok(seconds * 1_000_000_000 + nanos)
}

fn malformed(error: Malformed) -> Violation {
    Violation::new("entry", format!("is not valid protobuf: {error}"))
}
