//! `/v1/events/export`.

use super::EventRoutes;
use super::csv;
use crate::http::asked::Asked;
use crate::http::questions::{ExportQuestion, Format};
use crate::http::refusals::Refusals;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Event;
use watchkeeper_ports::PortError;
use watchkeeper_wire::json::EventJson;

pub(super) fn router() -> OpenApiRouter<EventRoutes> {
    OpenApiRouter::default().routes(routes!(export_events))
}

/// Export events
///
/// All events that match, however many: as NDJSON, an event per line, without loss; or as CSV (RFC 4180), where the last
/// column has the fields as JSON, and what a spreadsheet would run as a formula gets an apostrophe in front. An
/// export that is interrupted ends with a line `{"cut":"…"}`, or in CSV with a row whose first cell begins with `cut:`, if
/// the server can still say so; in any case its connection breaks, so that the client sees an error.
#[utoipa::path(
    get,
    path = "/v1/events/export",
    tag = "events",
    params(Asked<ExportQuestion>),
    responses(
        (
            status = 200,
            description = "The events.",
            content(
                (String = "application/x-ndjson", example = "{\"id\":\"019adf3c-5d20-7000-8000-00003a5f1c2b\",…}\n"),
                (String = "text/csv", example = "id,time,level,service,host,message,fields\r\n…"),
            ),
        ),
        Refusals,
    ),
)]
async fn export_events(
    State(routes): State<EventRoutes>,
    Asked(ExportQuestion { question, format }): Asked<ExportQuestion>,
) -> Response {
    let head = stream::iter(format.head().map(|head| Ok(Bytes::from_static(head.as_bytes()))));
    let pages = routes.events.export(question).flat_map(move |page| parts(format, page));
    let headers = [(CONTENT_TYPE, format.content_type()), (CONTENT_DISPOSITION, format.disposition())];
    (headers, Body::from_stream(head.chain(pages))).into_response()
}

/// The text of a page. After an error: a line that says that the export is cut, and then the error, which breaks the
/// connection.
fn parts(
    format: Format,
    page: Result<Vec<Event>, PortError>,
) -> impl Stream<Item = Result<Bytes, PortError>> {
    let (text, error) = match page {
        Ok(events) => (format.text(&events), None),
        Err(error) => (format.cut(), Some(error)),
    };
    let broken = stream::iter(error).then(|error| async {
        tracing::debug!(%error, "export cut");
        // So that the line before it is sent.
        tokio::task::yield_now().await;
        Err(error)
    });
    stream::iter([Ok(Bytes::from(text))]).chain(broken)
}

/// Why an export is cut; details are in the log.
const CUT: &str = "the events after this one could not be read: ask again from its time on";

impl Format {
    fn head(self) -> Option<&'static str> {
        match self {
            Self::Ndjson => None,
            Self::Csv => Some(csv::HEAD),
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Ndjson => "attachment; filename=\"events.ndjson\"",
            Self::Csv => "attachment; filename=\"events.csv\"",
        }
    }

    fn text(self, events: &[Event]) -> String {
        let mut out = String::new();
        for event in events {
            match self {
                Self::Ndjson => {
                    add_line(&mut out, &serde_json::to_string(&EventJson::from(event)).unwrap_or_default());
                }
                Self::Csv => csv::add_row(&mut out, event),
            }
        }
        out
    }

    fn cut(self) -> String {
        let mut out = String::new();
        match self {
            Self::Ndjson => add_line(&mut out, &json!({ "cut": CUT }).to_string()),
            Self::Csv => csv::add_notice(&mut out, &format!("cut: {CUT}")),
        }
        out
    }
}

fn add_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
