//! Requests in OTLP's JSON encoding: ids are hex, 64-bit numbers are texts or numbers, and unknown keys are ignored.

use super::record::{Record, SCOPE_NAME, add, double};
use super::{Common, Records, draft};
use crate::body::{BodyError, BodyFormat, for_each_text};
use crate::event::MAX_SENT_BYTES;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use watchkeeper_domain::Violation;
use watchkeeper_domain::event::{CHANGED, Draft, Fields};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Export<'b> {
    #[serde(borrow)]
    resource_logs: Option<&'b RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs<'b> {
    #[serde(borrow)]
    resource: Option<&'b RawValue>,
    #[serde(borrow)]
    scope_logs: Option<&'b RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs<'b> {
    #[serde(borrow)]
    scope: Option<&'b RawValue>,
    #[serde(borrow)]
    log_records: Option<&'b RawValue>,
}

pub(super) fn read<F>(body: &[u8], records: &mut Records<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, Result<Draft, Violation>),
{
    let text = String::from_utf8_lossy(body);
    let is_lossy = matches!(text, Cow::Owned(_));
    let Export { resource_logs } = serde_json::from_str(&text).map_err(BodyError::Syntax)?;
    each(resource_logs, records, |of_resource, records| {
        let ResourceLogs { resource, scope_logs } = match serde_json::from_str(of_resource) {
            Ok(of_resource) => of_resource,
            Err(error) => return records.take(Err(Violation::new("resource", error.to_string()))),
        };
        let resource = attributes_of("resource", resource);
        each(scope_logs, records, |of_scope, records| {
            let ScopeLogs { scope, log_records } = match serde_json::from_str(of_scope) {
                Ok(of_scope) => of_scope,
                Err(error) => return records.take(Err(Violation::new("scope", error.to_string()))),
            };
            let common = with_scope(&resource, scope);
            each(log_records, records, |record, records| {
                let mut draft = draft(&common, read_record(record));
                if is_lossy
                    && record.contains(char::REPLACEMENT_CHARACTER)
                    && let Ok(draft) = &mut draft
                {
                    draft.marks.push(CHANGED);
                }
                records.take(draft)
            })
        })
    })
}

/// Calls `read` for each item of a list, until one fails. Not by a list of them: it would take more memory than their texts.
fn each<F>(
    list: Option<&RawValue>,
    records: &mut Records<F>,
    mut read: impl FnMut(&str, &mut Records<F>) -> Result<(), BodyError>,
) -> Result<(), BodyError> {
    let Some(list) = list.map(RawValue::get).filter(|list| *list != "null") else { return Ok(()) };
    let (mut outcome, limit) = (Ok(()), records.limit);
    for_each_text(list, BodyFormat::Json, limit, |_, item| {
        if outcome.is_ok() {
            outcome = read(item, records);
        }
    })?;
    outcome
}

/// The attributes of a resource.
fn attributes_of(field: &str, message: Option<&RawValue>) -> Common {
    let Some(mut message) = object(field, message)? else { return Ok(Fields::new()) };
    attributes(message.remove("attributes"))
}

fn with_scope(resource: &Common, scope: Option<&RawValue>) -> Common {
    let mut common = resource.clone()?;
    let Some(mut scope) = object("scope", scope)? else { return Ok(common) };
    if let Some(Value::String(name)) = scope.remove("name")
        && !name.is_empty()
    {
        common.insert(SCOPE_NAME.to_owned(), Value::String(name));
    }
    common.extend(attributes(scope.remove("attributes"))?);
    Ok(common)
}

fn object(field: &str, message: Option<&RawValue>) -> Result<Option<Fields>, Violation> {
    let Some(text) = message.map(RawValue::get) else { return Ok(None) };
    check_size(field, text)?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(Value::Null) => Ok(None),
        Ok(_) => Err(Violation::new(field, "must be an object")),
        Err(error) => Err(Violation::new(field, error.to_string())),
    }
}

fn read_record(text: &str) -> Result<Record, Violation> {
    check_size("log_record", text)?;
    let wrong = |reason: String| Violation::new("log_record", reason);
    let mut record = match serde_json::from_str(text) {
        Ok(Value::Object(record)) => record,
        Ok(_) => return Err(wrong("must be an object".into())),
        Err(error) => return Err(wrong(format!("is not valid JSON: {error}"))),
    };
    let text_of = |record: &mut Fields, name: &str| match record.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    Ok(Record {
        time: nanos(record.get("timeUnixNano"))?,
        observed: nanos(record.get("observedTimeUnixNano"))?,
        severity: whole(record.get("severityNumber")).unwrap_or_default(),
        severity_text: text_of(&mut record, "severityText"),
        body: record.remove("body").map(|body| any("body", body)).transpose()?.unwrap_or_default(),
        attributes: attributes(record.remove("attributes"))?,
        dropped: record.get("droppedAttributesCount").and_then(Value::as_u64).unwrap_or_default(),
        trace_id: id(&text_of(&mut record, "traceId")),
        span_id: id(&text_of(&mut record, "spanId")),
        event_name: text_of(&mut record, "eventName"),
        is_changed: false,
    })
}

/// A whole number, which may be a text.
fn whole(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    }
}

fn nanos(value: Option<&Value>) -> Result<u64, Violation> {
    let nanos = match value {
        None | Some(Value::Null) => Some(0),
        Some(Value::String(text)) if text.is_empty() => Some(0),
        Some(Value::String(text)) => text.parse().ok(),
        Some(number) => number.as_u64(),
    };
    nanos.ok_or_else(|| Violation::new("time", "must be a number of nanoseconds since 1970"))
}

/// In lower case; empty if it is all zeros.
fn id(hex: &str) -> String {
    if hex.bytes().all(|digit| digit == b'0') { String::new() } else { hex.to_ascii_lowercase() }
}

/// A list of `{"key": …, "value": …}`.
fn attributes(list: Option<Value>) -> Result<Fields, Violation> {
    let wrong = |reason: &str| Violation::new("attributes", reason);
    let list = match list {
        None | Some(Value::Null) => return Ok(Fields::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(wrong("must be a list of objects with key and value")),
    };
    let mut attributes = Fields::new();
    for pair in list {
        let Value::Object(mut pair) = pair else {
            return Err(wrong("must be a list of objects with key and value"));
        };
        let Some(Value::String(name)) = pair.remove("key") else {
            return Err(wrong("must have a key, which is a string"));
        };
        let value = any(&name, pair.remove("value").unwrap_or_default())?;
        add(&mut attributes, name, value)?;
    }
    Ok(attributes)
}

/// An `AnyValue`; the limit of JSON's parser bounds its depth.
fn any(field: &str, value: Value) -> Result<Value, Violation> {
    let wrong = |kind: &str| Violation::new("log_record", format!("has no valid {kind} in {field}"));
    let Value::Object(value) = value else {
        return if value.is_null() { Ok(value) } else { Err(wrong("value, which is an object,")) };
    };
    for (kind, value) in value {
        return Ok(match (kind.as_str(), value) {
            (_, Value::Null) => Value::Null,
            ("stringValue" | "bytesValue", text @ Value::String(_)) => text,
            ("boolValue", truth @ Value::Bool(_)) => truth,
            ("intValue", value) => whole(Some(&value)).map(Value::from).ok_or_else(|| wrong("intValue"))?,
            ("doubleValue", Value::Number(number)) => Value::Number(number),
            ("doubleValue", Value::String(text)) => {
                text.parse().map(double).map_err(|_| wrong("doubleValue"))?
            }
            ("arrayValue", Value::Object(mut list)) => match list.remove("values") {
                Some(Value::Array(items)) => {
                    let items: Result<_, _> = items.into_iter().map(|item| any(field, item)).collect();
                    Value::Array(items?)
                }
                None | Some(Value::Null) => Value::Array(Vec::new()),
                Some(_) => return Err(wrong("arrayValue")),
            },
            ("kvlistValue", Value::Object(mut list)) => Value::Object(attributes(list.remove("values"))?),
            (
                kind @ ("stringValue" | "bytesValue" | "boolValue" | "doubleValue" | "arrayValue"
                | "kvlistValue"),
                _,
            ) => {
                return Err(wrong(kind));
            }
            _ => continue,
        });
    }
    Ok(Value::Null)
}

fn check_size(field: &str, text: &str) -> Result<(), Violation> {
    if text.len() <= MAX_SENT_BYTES {
        return Ok(());
    }
    Err(Violation::new(field, format!("has {} bytes, the limit is {MAX_SENT_BYTES}", text.len())))
}
