//! OpenAPI description of the routes.

use crate::{heartbeats, http};
use std::collections::BTreeMap;
use utoipa::openapi::{Content, ResponseBuilder};
use utoipa::{IntoResponses, OpenApi, PartialSchema as _, ToSchema};
use watchkeeper_wire::json::Problem;
use watchkeeper_wire::refusals::{OfListener, Responses, problems};

/// The ingest role's part of the platform's OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    if let Some(mut path) = document.paths.paths.get(http::SAMPLES).cloned() {
        if let Some(post) = &mut path.post {
            post.operation_id = Some("post_metrics".to_owned());
            post.summary = Some(format!("Send samples, as to {}", http::SAMPLES));
            let text = Content::new(Some(String::schema()));
            let accepted = ResponseBuilder::new().description("All items are accepted.");
            let accepted = accepted.content("text/plain", text).build();
            post.responses.responses.insert("202".to_owned(), accepted.into());
        }
        document.paths.paths.insert(http::METRICS.to_owned(), path);
    }
    // GET does the same, for clients that cannot do anything else.
    for path in [heartbeats::HEARTBEAT, heartbeats::HEARTBEAT_OUTCOME] {
        let Some(item) = document.paths.paths.get_mut(path) else { continue };
        item.get.clone_from(&item.post);
        if let Some(get) = &mut item.get {
            get.operation_id = get.operation_id.take().map(|id| format!("{id}_by_get"));
        }
    }
    document
}

#[derive(OpenApi)]
#[openapi(
    paths(
        http::post_samples,
        http::post_events,
        http::get_refusals,
        heartbeats::take_heartbeat,
        heartbeats::take_outcome
    ),
    components(schemas(Problem)),
    tags(
        (name = "ingest", description = "Samples and events of your services."),
        (name = "heartbeats", description = "Reports of jobs, whose silence is an alert.")
    )
)]
struct Document;

/// The error responses of the routes.
pub(crate) struct Refusals;

/// Why a heartbeat is refused.
pub(crate) struct HeartbeatRefusals;

impl IntoResponses for HeartbeatRefusals {
    fn responses() -> Responses {
        let mut refusals = OfListener::responses();
        refusals.extend(problems([
            (400, "The body ended early."),
            (401, "The token is missing or unknown."),
            (403, "The token lacks the scope `ingest`, or this is a cross-site request."),
            (404, "The configuration has no `[[heartbeat]]` of this name, or the path ends with something else."),
            (413, "The body has more than 8 MiB."),
            (429, "The token has exceeded its requests per second."),
            (500, "Internal error; the log has the details."),
            (503, "Neither the bus nor the spool accepts it, or the request took longer than 30 s. Try again."),
        ]));
        refusals
    }
}

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let mut refusals = OfListener::responses();
        refusals.extend(problems([
            (400, "No item is accepted; the problem lists the fields with their limits."),
            (401, "The token is missing or unknown."),
            (403, "The token lacks the scope `ingest`, or this is a cross-site request."),
            (
                413,
                "The body is larger than `max_body`, `max_decompressed` or `max_items` in [ingest] allow, or than the \
                 bus is configured to accept; the problem names the limit.",
            ),
            (
                415,
                "The body is of another content type or encoding; `Accept` or `Accept-Encoding` lists those accepted.",
            ),
            (
                429,
                "The token has exceeded its requests per second, or no item is accepted because all belong to new series and `max_series_per_token` or `max_series` in [ingest] is reached.",
            ),
            (500, "Internal error; the log has the details."),
            (
                503,
                "Neither the bus nor the spool accepts the records, too many bytes are being processed, or the request took longer than 30 s. Retry \
                 again after `Retry-After`.",
            ),
        ]));
        refusals
    }
}

/// The error responses of the list of refusals.
pub(crate) struct ListRefusals;

impl IntoResponses for ListRefusals {
    fn responses() -> Responses {
        let mut refusals = OfListener::responses();
        refusals.extend(problems([
            (401, "The token is missing or unknown."),
            (403, "The token lacks the scope `read`."),
            (429, "The token has exceeded its requests per second."),
            (500, "Internal error; the log has the details."),
        ]));
        refusals
    }
}

/// A sample, or an array of samples.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a schema: bodies are read without it")]
pub(crate) enum Samples {
    Many(Vec<AnySample>),
    One(AnySample),
}

/// An event, or an array of events.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a schema: bodies are read without it")]
pub(crate) enum Events {
    Many(Vec<AnyEvent>),
    One(AnyEvent),
}

/// An event with its fields, or a line.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a schema: bodies are read without it")]
pub(crate) enum AnyEvent {
    Event(EventToSend),
    Line(String),
}

/// What a service said at one instant. All fields are optional, and any other is kept as it is: 256 fields of 256 KiB in all.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: bodies are read without it")]
pub(crate) struct EventToSend {
    /// When it happened: RFC 3339, or seconds, milliseconds, microseconds or nanoseconds since 1970, which its size tells.
    /// Defaults to the time of arrival.
    #[schema(value_type = Option<Value>, example = "2026-11-20T10:00:00.123Z")]
    time: Option<String>,
    /// How severe it is: a word of any usual library, or a number of syslog or of pino.
    #[schema(value_type = Option<Value>, example = "warn")]
    level: Option<String>,
    /// The service that says it, at most 255 bytes.
    #[schema(example = "shop")]
    service: Option<String>,
    /// The host that says it, at most 255 bytes.
    #[schema(example = "web-1")]
    host: Option<String>,
    /// What it says, at most 256 KiB; a longer one is cut and marked.
    #[schema(example = "payment timed out")]
    message: Option<String>,
    /// Its identity, at most 256 bytes: a second event with the same id is not stored.
    #[schema(value_type = Option<Value>, example = "order-17/3")]
    id: Option<String>,
}

/// A sample in either spelling.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a schema: bodies are read without it")]
pub(crate) enum AnySample {
    Sample(SampleToSend),
    Older(OlderSample),
}

/// One value of one series at one instant. Unknown fields are refused.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema: bodies are read without it")]
pub(crate) struct SampleToSend {
    /// Omitted.
    #[schema(value_type = Option<Value>)]
    id: Option<String>,
    /// The source of the sample.
    #[schema(example = "greenhouse")]
    source: String,
    /// The name of the metric.
    #[schema(example = "temperature")]
    name: String,
    /// The unit of the value.
    #[schema(example = "celsius")]
    unit: Option<String>,
    /// Labels that distinguish series of the same name; for a value that is not a string, its JSON text is used.
    #[schema(value_type = Option<Object>, example = json!({"row": "3"}))]
    labels: Option<BTreeMap<String, String>>,
    /// The value, in the series' unit; finite.
    #[schema(example = 21.5)]
    value: f64,
    /// When it was measured, RFC 3339, from 1970 and at most 10 minutes ahead of the receiver. Defaults to the time
    /// of arrival.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    collected_at: Option<String>,
    /// What there is to say about the value, such as why a probe failed: at most 256 bytes, kept as one line.
    #[schema(example = "answered 500, expected 2xx", max_length = 256)]
    note: Option<String>,
}

/// A sample in the spelling of the previous platform. Unknown fields are refused.
#[derive(ToSchema)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
#[expect(dead_code, reason = "a schema: bodies are read without it")]
pub(crate) struct OlderSample {
    /// Omitted.
    #[serde(rename = "ID")]
    #[schema(value_type = Option<Value>)]
    id: Option<String>,
    /// The source of the sample.
    source: String,
    /// The name of the metric.
    name: String,
    /// The unit of the value.
    unit: Option<String>,
    /// Labels that distinguish series of the same name.
    #[schema(value_type = Option<Object>)]
    labels: Option<BTreeMap<String, String>>,
    /// The value, in the series' unit; finite.
    value: f64,
    /// When it was measured.
    #[schema(format = DateTime)]
    collected_at: Option<String>,
    /// What there is to say about the value.
    #[schema(max_length = 256)]
    note: Option<String>,
}
