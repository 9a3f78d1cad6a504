//! Pushes as JSON.

use super::{Entries, Entry, Stream};
use crate::body::{BodyError, BodyFormat, for_each_text};
use crate::event::MAX_SENT_BYTES;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use watchkeeper_domain::Violation;
use watchkeeper_domain::event::{Draft, Fields};

#[derive(Deserialize)]
struct Push<'b> {
    #[serde(borrow)]
    streams: &'b RawValue,
}

#[derive(Deserialize)]
struct StreamText<'b> {
    #[serde(borrow)]
    stream: Option<&'b RawValue>,
    #[serde(borrow)]
    values: &'b RawValue,
}

pub(super) fn read<F>(body: &[u8], entries: &mut Entries<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, &str, Result<Draft, Violation>),
{
    let text = String::from_utf8_lossy(body);
    let is_lossy = matches!(text, Cow::Owned(_));
    let Push { streams } = serde_json::from_str(&text).map_err(BodyError::Syntax)?;
    let mut read = Ok(());
    // Not into a list: its items would take more memory than their texts.
    for_each_text(streams.get(), BodyFormat::Json, entries.limit, |_, stream| {
        if read.is_ok() {
            read = read_stream(stream, is_lossy, entries);
        }
    })?;
    read
}

fn read_stream<F>(text: &str, is_lossy: bool, entries: &mut Entries<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, &str, Result<Draft, Violation>),
{
    let StreamText { stream, values } = match serde_json::from_str(text) {
        Ok(stream) => stream,
        Err(error) => return entries.take("{}", Err(Violation::new("stream", error.to_string()))),
    };
    let labels = stream.map_or("{}", RawValue::get);
    let stream = Stream::new(labels, read_labels(labels));
    let mut read = Ok(());
    for_each_text(values.get(), BodyFormat::Json, entries.limit, |_, value| {
        if read.is_ok() {
            read = entries.take(&stream.name, stream.entry(read_entry(value, is_lossy)));
        }
    })?;
    read
}

fn read_labels(text: &str) -> Result<Fields, Violation> {
    check_size("labels", text)?;
    serde_json::from_str(text)
        .map_err(|error| Violation::new("labels", format!("must be an object: {error}")))
}

/// `["1795946400000000000", "line", {"name": "value"}]`
fn read_entry(text: &str, is_lossy: bool) -> Result<Entry, Violation> {
    check_size("entry", text)?;
    let wrong = |reason: &str| Violation::new("entry", reason);
    let parts = serde_json::from_str::<Vec<Value>>(text)
        .map_err(|error| wrong(&format!("must be an array of a time in nanoseconds and a line: {error}")))?;
    let mut parts = parts.into_iter();
    let nanos = match parts.next() {
        Some(Value::String(nanos)) => nanos.parse().ok(),
        Some(Value::Number(nanos)) => nanos.as_i128(),
        _ => None,
    };
    let nanos = nanos.ok_or_else(|| Violation::new("time", "must be a number of nanoseconds"))?;
    let Some(Value::String(line)) = parts.next() else {
        return Err(wrong("has no line, which must be a string"));
    };
    let metadata = match parts.next() {
        None | Some(Value::Null) => Fields::new(),
        Some(Value::Object(metadata)) => metadata,
        Some(_) => return Err(wrong("has structured metadata that is no object")),
    };
    let is_changed = is_lossy && text.contains(char::REPLACEMENT_CHARACTER);
    Ok(Entry { nanos, line, metadata, is_changed })
}

fn check_size(field: &str, text: &str) -> Result<(), Violation> {
    if text.len() <= MAX_SENT_BYTES {
        return Ok(());
    }
    Err(Violation::new(field, format!("has {} bytes, the limit is {MAX_SENT_BYTES}", text.len())))
}
