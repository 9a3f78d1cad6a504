//! `/v1/stream`.

use super::asked::Asked;
use super::refusals::Refusals;
use crate::live::{Heard, LiveSamples};
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt as _, stream};
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::{Sample, SeriesFilter};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{Lagged, SampleJson};

/// Interval of keep-alive comments on a quiet stream, so that proxies keep the connection.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) fn router(live: LiveSamples) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(stream_samples)).with_state(live)
}

/// Follow samples as they arrive
///
/// Server-sent events. The data of a `sample` event is a sample. A `lagged` event has in `missed` the number of samples,
/// matching or not, skipped since the last event because the client reads too slowly. Comments keep a quiet connection
/// open. Events have no IDs: a client that reconnects continues with new samples.
#[utoipa::path(
    get,
    path = "/v1/stream",
    tag = "questions",
    params(Asked<SeriesFilter>),
    responses(
        (
            status = 200,
            description = "Events until either side closes the connection.",
            content_type = "text/event-stream",
            body = String,
            example = "event: sample\ndata: {\"source\":\"host\",\"name\":\"load1\",\"value\":0.5,\
                       \"collected_at\":\"2026-11-20T10:00:00Z\"}\n\nevent: lagged\ndata: {\"missed\":12}\n\n",
        ),
        Refusals,
    ),
)]
async fn stream_samples(
    State(live): State<LiveSamples>,
    Asked(filter): Asked<SeriesFilter>,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, Problem> {
    let matches = move |sample: &Sample| filter.matches(&sample.series);
    let listener = live.listen(matches).await?;
    let events = listener.stream().flat_map(|heard| stream::iter(events(heard)));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// First `lagged`, then the samples.
fn events(heard: Heard<Sample>) -> impl Iterator<Item = Result<Event, axum::Error>> {
    let Heard { items: samples, missed } = heard;
    let lagged = (missed > 0).then(|| Event::default().event("lagged").json_data(Lagged { missed }));
    let samples = samples.into_iter();
    let samples = samples.map(|sample| Event::default().event("sample").json_data(SampleJson::from(&sample)));
    lagged.into_iter().chain(samples)
}
