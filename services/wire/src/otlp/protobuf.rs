//! Requests as protobuf; the numbers of fields are those in `proto/opentelemetry`.

use super::record::{MAX_DEPTH, Record, SCOPE_NAME, add, double, id};
use super::{Common, Records, draft};
use crate::body::BodyError;
use crate::event::MAX_SENT_BYTES;
use crate::protobuf::{Malformed, Value, fields};
use data_encoding::BASE64;
use serde_json::Value as Json;
use watchkeeper_domain::Violation;
use watchkeeper_domain::event::{Draft, Fields, clean_text};

pub(super) fn read<F>(body: &[u8], records: &mut Records<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, Result<Draft, Violation>),
{
    for field in fields(body) {
        if let (1, Value::Bytes(of_resource)) = field? {
            read_resource_logs(of_resource, records)?;
        }
    }
    Ok(())
}

fn read_resource_logs<F>(message: &[u8], records: &mut Records<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, Result<Draft, Violation>),
{
    let mut resource: Common = Ok(Fields::new());
    // Fields may come in any order.
    for field in fields(message) {
        if let (1, Value::Bytes(message)) = field? {
            resource = read_resource(message);
        }
    }
    for field in fields(message) {
        if let (2, Value::Bytes(of_scope)) = field? {
            read_scope_logs(of_scope, &resource, records)?;
        }
    }
    Ok(())
}

fn read_scope_logs<F>(message: &[u8], resource: &Common, records: &mut Records<F>) -> Result<(), BodyError>
where
    F: FnMut(usize, Result<Draft, Violation>),
{
    let mut common = resource.clone();
    for field in fields(message) {
        if let (1, Value::Bytes(scope)) = field? {
            common = common.and_then(|fields| with_scope(fields, scope));
        }
    }
    for field in fields(message) {
        if let (2, Value::Bytes(record)) = field? {
            records.take(draft(&common, read_record(record)))?;
        }
    }
    Ok(())
}

fn read_resource(message: &[u8]) -> Common {
    check_size("resource", message)?;
    let (mut attributes, mut reader) = (Fields::new(), Reader::default());
    for field in fields(message) {
        if let (1, Value::Bytes(pair)) = field.map_err(malformed)? {
            let (name, value) = reader.pair(pair, 0)?;
            add(&mut attributes, name, value)?;
        }
    }
    Ok(attributes)
}

fn with_scope(mut common: Fields, message: &[u8]) -> Common {
    check_size("scope", message)?;
    let mut reader = Reader::default();
    for field in fields(message) {
        let (name, value) = match field.map_err(malformed)? {
            (1, Value::Bytes(name)) if !name.is_empty() => {
                (SCOPE_NAME.to_owned(), Json::String(reader.text(name)))
            }
            (3, Value::Bytes(pair)) => reader.pair(pair, 0)?,
            _ => continue,
        };
        add(&mut common, name, value)?;
    }
    Ok(common)
}

fn read_record(message: &[u8]) -> Result<Record, Violation> {
    check_size("log_record", message)?;
    let (mut record, mut reader) = (Record::default(), Reader::default());
    for field in fields(message) {
        match field.map_err(malformed)? {
            (1, Value::Fixed64(nanos)) => record.time = nanos,
            (2, Value::Varint(number)) => record.severity = number.cast_signed(),
            (3, Value::Bytes(text)) => record.severity_text = reader.text(text),
            (5, Value::Bytes(body)) => record.body = reader.any(body, 0)?,
            (6, Value::Bytes(pair)) => {
                let (name, value) = reader.pair(pair, 0)?;
                add(&mut record.attributes, name, value)?;
            }
            (7, Value::Varint(count)) => record.dropped = count,
            (9, Value::Bytes(bytes)) => record.trace_id = id(bytes),
            (10, Value::Bytes(bytes)) => record.span_id = id(bytes),
            (11, Value::Fixed64(nanos)) => record.observed = nanos,
            (12, Value::Bytes(text)) => record.event_name = reader.text(text),
            _ => {}
        }
    }
    record.is_changed = reader.is_changed;
    Ok(record)
}

/// Reads values, and notes whether bytes were replaced for it.
#[derive(Default)]
struct Reader {
    is_changed: bool,
}

impl Reader {
    fn text(&mut self, bytes: &[u8]) -> String {
        let cleaned = clean_text(bytes);
        self.is_changed |= cleaned.is_changed;
        cleaned.text.into_owned()
    }

    /// A `KeyValue`.
    fn pair(&mut self, message: &[u8], depth: usize) -> Result<(String, Json), Violation> {
        let (mut name, mut value) = (String::new(), Json::Null);
        for field in fields(message) {
            match field.map_err(malformed)? {
                (1, Value::Bytes(text)) => name = self.text(text),
                (2, Value::Bytes(any)) => value = self.any(any, depth)?,
                _ => {}
            }
        }
        Ok((name, value))
    }

    /// An `AnyValue`, which is that many values deep.
    fn any(&mut self, message: &[u8], depth: usize) -> Result<Json, Violation> {
        if depth > MAX_DEPTH {
            let reason = format!("has values that are nested more than {MAX_DEPTH} deep, which is the limit");
            return Err(Violation::new("log_record", reason));
        }
        let mut value = Json::Null;
        for field in fields(message) {
            value = match field.map_err(malformed)? {
                (1, Value::Bytes(text)) => Json::String(self.text(text)),
                (2, Value::Varint(number)) => Json::Bool(number != 0),
                (3, Value::Varint(number)) => number.cast_signed().into(),
                (4, Value::Fixed64(bits)) => double(f64::from_bits(bits)),
                (5, Value::Bytes(list)) => self.list(list, depth)?,
                (6, Value::Bytes(object)) => self.object(object, depth)?,
                (7, Value::Bytes(bytes)) => Json::String(BASE64.encode(bytes)),
                _ => continue,
            };
        }
        Ok(value)
    }

    fn list(&mut self, message: &[u8], depth: usize) -> Result<Json, Violation> {
        let mut items = Vec::new();
        for field in fields(message) {
            if let (1, Value::Bytes(any)) = field.map_err(malformed)? {
                items.push(self.any(any, depth + 1)?);
            }
        }
        Ok(Json::Array(items))
    }

    fn object(&mut self, message: &[u8], depth: usize) -> Result<Json, Violation> {
        let mut object = Fields::new();
        for field in fields(message) {
            if let (1, Value::Bytes(pair)) = field.map_err(malformed)? {
                let (name, value) = self.pair(pair, depth + 1)?;
                object.insert(name, value);
            }
        }
        Ok(Json::Object(object))
    }
}

fn check_size(field: &str, message: &[u8]) -> Result<(), Violation> {
    if message.len() <= MAX_SENT_BYTES {
        return Ok(());
    }
    Err(Violation::new(field, format!("has {} bytes, the limit is {MAX_SENT_BYTES}", message.len())))
}

fn malformed(error: Malformed) -> Violation {
    Violation::new("log_record", format!("is not valid protobuf: {error}"))
}
