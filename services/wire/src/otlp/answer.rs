//! Answers in the format of the request.

use super::ExportFormat;
use crate::proto::google_rpc::Status;
use crate::proto::opentelemetry::proto::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceResponse,
};
use prost::Message as _;
use serde_json::json;

/// All records are accepted, or some are and this many are not, with the reason.
#[must_use]
pub fn succeeded(format: ExportFormat, rejected: usize, reason: &str) -> Vec<u8> {
    let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
    match format {
        ExportFormat::Protobuf => {
            let partial =
                ExportLogsPartialSuccess { rejected_log_records: rejected, error_message: reason.to_owned() };
            let partial_success = (rejected > 0).then_some(partial);
            ExportLogsServiceResponse { partial_success }.encode_to_vec()
        }
        ExportFormat::Json if rejected == 0 => b"{}".to_vec(),
        // As everywhere in the encoding, 64-bit numbers are texts.
        ExportFormat::Json => {
            let partial = json!({"rejectedLogRecords": rejected.to_string(), "errorMessage": reason});
            json!({"partialSuccess": partial}).to_string().into_bytes()
        }
    }
}

/// No record is accepted: `google.rpc.Status`, with its code there.
#[must_use]
pub fn failed(format: ExportFormat, code: i32, reason: &str) -> Vec<u8> {
    match format {
        ExportFormat::Protobuf => Status { code, message: reason.to_owned() }.encode_to_vec(),
        ExportFormat::Json => json!({"code": code, "message": reason}).to_string().into_bytes(),
    }
}
