//! Requests of OTLP.

use prost::Message as _;
use watchkeeper_wire::proto::opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;
use watchkeeper_wire::proto::opentelemetry::proto::common::v1::any_value::Value;
use watchkeeper_wire::proto::opentelemetry::proto::common::v1::{
    AnyValue, ArrayValue, KeyValue, KeyValueList,
};
use watchkeeper_wire::proto::opentelemetry::proto::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use watchkeeper_wire::proto::opentelemetry::proto::resource::v1::Resource;

/// 2026-11-29T10:00:00Z.
pub(super) const NANOS: u64 = 1_795_946_400_000_000_000;

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

pub(super) fn text(text: &str) -> AnyValue {
    any(Value::StringValue(text.into()))
}

pub(super) fn int(number: i64) -> AnyValue {
    any(Value::IntValue(number))
}

pub(super) fn bytes(bytes: &[u8]) -> AnyValue {
    any(Value::BytesValue(bytes.to_vec()))
}

pub(super) fn list(values: impl IntoIterator<Item = AnyValue>) -> AnyValue {
    any(Value::ArrayValue(ArrayValue { values: values.into_iter().collect() }))
}

pub(super) fn map<'k>(values: impl IntoIterator<Item = (&'k str, AnyValue)>) -> AnyValue {
    any(Value::KvlistValue(KeyValueList { values: pairs(values) }))
}

pub(super) fn pairs<'k>(values: impl IntoIterator<Item = (&'k str, AnyValue)>) -> Vec<KeyValue> {
    values.into_iter().map(|(key, value)| KeyValue { key: key.into(), value: Some(value) }).collect()
}

/// A record at [`NANOS`] that says this.
pub(super) fn record(body: &str) -> LogRecord {
    LogRecord { time_unix_nano: NANOS, body: Some(text(body)), ..LogRecord::default() }
}

/// A request without a resource.
pub(super) fn request(records: &[LogRecord]) -> ExportLogsServiceRequest {
    request_of([], records)
}

fn request_of<'k>(
    resource: impl IntoIterator<Item = (&'k str, AnyValue)>,
    records: &[LogRecord],
) -> ExportLogsServiceRequest {
    let resource = Resource { attributes: pairs(resource), dropped_attributes_count: 0 };
    let scope_logs = vec![ScopeLogs { log_records: records.to_vec(), ..ScopeLogs::default() }];
    let resource_logs =
        vec![ResourceLogs { resource: Some(resource), scope_logs, schema_url: String::new() }];
    ExportLogsServiceRequest { resource_logs }
}

pub(super) fn export(records: &[LogRecord]) -> Vec<u8> {
    request(records).encode_to_vec()
}

pub(super) fn export_of<'k>(
    resource: impl IntoIterator<Item = (&'k str, AnyValue)>,
    records: &[LogRecord],
) -> Vec<u8> {
    request_of(resource, records).encode_to_vec()
}

/// The bytes of a field that is a message, a text or bytes.
pub(super) fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut field);
    field.extend_from_slice(content);
    field
}

/// A request with these bytes between two good records.
pub(super) fn export_raw(record: &[u8]) -> Vec<u8> {
    let good = self::record("neighbour").encode_to_vec();
    let records = [field(2, &good), field(2, record), field(2, &good)].concat();
    field(1, &field(2, &records))
}
