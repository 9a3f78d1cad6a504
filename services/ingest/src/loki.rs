//! Loki's push API, so that its clients need a new URL and nothing else.

use crate::answer::as_text;
use crate::config::IngestConfig;
use crate::content::{Coding, MediaTypes, coding_or_snappy, format};
use crate::decode::{Decoded, whole};
use crate::decompress::decompress;
use crate::events::Events;
use crate::intake::Intake;
use crate::refusals::Client;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use std::fmt::Write as _;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::loki::{PushFormat, for_each_entry};

/// The endpoint, as Loki calls it.
pub(crate) const PUSH: &str = "/loki/api/v1/push";

const TYPES: MediaTypes<PushFormat> = MediaTypes {
    known: &[("application/json", PushFormat::Json), ("application/x-protobuf", PushFormat::Protobuf)],
    listed: "application/json, application/x-protobuf",
};

/// Where clients such as Vector ask whether they may send.
const READY: &str = "/ready";

pub(crate) fn router(events: Arc<Intake<Events>>) -> Router {
    Router::new().route(PUSH, post(push)).route(READY, get(async || "ready\n")).with_state(events)
}

/// What a push is, by its headers.
#[derive(Clone, Copy)]
struct Content {
    format: PushFormat,
    coding: Coding,
}

impl Content {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self { format: format(headers, &TYPES)?, coding: coding_or_snappy(headers)? })
    }

    /// Protobuf is always compressed by snappy, whether the headers say so or not.
    fn decompress(self, sent: Vec<u8>, most: usize) -> Result<Vec<u8>, Problem> {
        let body = decompress(sent, self.coding, most)?;
        match (self.format, self.coding) {
            (PushFormat::Json, _) | (PushFormat::Protobuf, Coding::Snappy) => Ok(body),
            (PushFormat::Protobuf, _) => decompress(body, Coding::Snappy, most),
        }
    }
}

/// 204 if all entries are stored; 400 with a line for each that is refused, while all others are stored: a client must
/// not send them again. What may be sent again is 429 or 5xx.
async fn push(
    State(intake): State<Arc<Intake<Events>>>,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let decode = Content::of(&headers).map(|content| {
        move |events: &Events, sent: Vec<u8>, config: &IngestConfig, now: Timestamp| {
            let body = content.decompress(sent, config.max_decompressed)?;
            decode(events, &body, content.format, config, now)
        }
    });
    match intake.accept(&client, body, decode).await {
        Ok(decoded) if decoded.refused == 0 => StatusCode::NO_CONTENT.into_response(),
        Ok(decoded) => (StatusCode::BAD_REQUEST, told(&decoded)).into_response(),
        Err(problem) => as_text(problem),
    }
}

fn decode(
    events: &Events,
    body: &[u8],
    format: PushFormat,
    config: &IngestConfig,
    now: Timestamp,
) -> Result<Decoded, Problem> {
    let mut arriving = events.arriving(config, now);
    let read = for_each_entry(body, format, config.max_items, |index, stream, draft| {
        arriving.take(index, draft, format_args!(", in stream {stream}"));
    });
    read.map_err(whole)?;
    arriving.finish()
}

/// `accepted 99 of 100 entries; refused:` and a line for each of the first that are refused, with its index from 0.
fn told(decoded: &Decoded) -> String {
    let (accepted, all) = (decoded.accepted, decoded.accepted + decoded.refused);
    let mut text = format!("accepted {accepted} of {all} entries; refused:\n");
    for (index, violation) in &decoded.listed {
        // Into memory, which does not fail.
        let _ = writeln!(text, "entry {index}: {violation}");
    }
    if decoded.refused > decoded.listed.len() {
        let _ = writeln!(text, "and {} more", decoded.refused - decoded.listed.len());
    }
    text
}
