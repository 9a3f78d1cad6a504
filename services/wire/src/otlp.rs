//! Events as OTLP takes them: log records of resources, as protobuf or as JSON.
//!
//! `service.name` and `host.name` of the resource name service and host; all other attributes become fields, those of the
//! record before those of the resource.

mod answer;
mod json;
mod protobuf;
mod record;

pub use answer::{failed, succeeded};
pub use record::MAX_DEPTH;

use crate::body::BodyError;
use record::Record;
use watchkeeper_domain::Violation;
use watchkeeper_domain::event::{Draft, Fields};

/// The full name of the gRPC service.
pub const SERVICE: &str = "opentelemetry.proto.collector.logs.v1.LogsService";

/// The format of a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// OTLP's JSON encoding of protobuf.
    Json,
    /// `ExportLogsServiceRequest`.
    Protobuf,
}

/// Calls `each` for every log record, with its index from 0, and returns their number.
///
/// # Errors
/// Refuses the whole request, possibly after `each` has been called for some records: if it has more than `max_records`,
/// or is not of this format. What is wrong within one record costs no other.
pub fn for_each_record(
    body: &[u8],
    format: ExportFormat,
    max_records: usize,
    each: impl FnMut(usize, Result<Draft, Violation>),
) -> Result<usize, BodyError> {
    let mut records = Records { each, count: 0, limit: max_records };
    match format {
        ExportFormat::Json => json::read(body, &mut records)?,
        ExportFormat::Protobuf => protobuf::read(body, &mut records)?,
    }
    Ok(records.count)
}

/// Counts records, and hands them out.
struct Records<F> {
    each: F,
    count: usize,
    limit: usize,
}

impl<F: FnMut(usize, Result<Draft, Violation>)> Records<F> {
    fn take(&mut self, record: Result<Draft, Violation>) -> Result<(), BodyError> {
        if self.count >= self.limit {
            return Err(BodyError::TooManyItems { limit: self.limit });
        }
        (self.each)(self.count, record);
        self.count += 1;
        Ok(())
    }
}

/// What the records of one scope have in common: attributes, or why they cannot be read.
type Common = Result<Fields, Violation>;

/// The event of a record.
fn draft(common: &Common, record: Result<Record, Violation>) -> Result<Draft, Violation> {
    record?.into_draft(common.clone()?)
}
