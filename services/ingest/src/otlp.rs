//! Logs by OTLP, over HTTP and gRPC.

pub(crate) mod grpc;
mod http;

pub(crate) use http::router;

use crate::config::IngestConfig;
use crate::decode::{Decoded, whole};
use crate::events::Events;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::otlp::{ExportFormat, for_each_record};

fn decode(
    events: &Events,
    body: &[u8],
    format: ExportFormat,
    config: &IngestConfig,
    now: Timestamp,
) -> Result<Decoded, Problem> {
    let mut arriving = events.arriving(config, now);
    let each = |index, draft| arriving.take(index, draft, "");
    for_each_record(body, format, config.max_items, each).map_err(whole)?;
    arriving.finish()
}

/// The answer to a decoded body: bad data if no record is accepted, else how many are not, and why.
fn answer(format: ExportFormat, decoded: &Decoded) -> Result<Vec<u8>, Problem> {
    let told = told(decoded);
    if decoded.accepted == 0 && decoded.refused > 0 {
        return Err(Problem::bad_request("log records", told));
    }
    Ok(watchkeeper_wire::otlp::succeeded(format, decoded.refused, &told))
}

/// `1 of 3 is refused; the first: log record 2: time: is …`, with its index from 0.
fn told(decoded: &Decoded) -> String {
    let Some((index, violation)) = decoded.listed.first() else { return String::new() };
    let (refused, all) = (decoded.refused, decoded.accepted + decoded.refused);
    format!("{refused} of {all} refused; the first: log record {index}: {violation}")
}
