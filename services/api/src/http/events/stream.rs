//! `/v1/events/stream`.

use super::EventRoutes;
use crate::http::asked::Asked;
use crate::http::questions::FollowQuestion;
use crate::http::refusals::Refusals;
use crate::http::stream::KEEP_ALIVE;
use crate::live::Heard;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event as Sent, KeepAlive};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::{Event, Timestamp};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{EventJson, Lagged};

pub(super) fn router() -> OpenApiRouter<EventRoutes> {
    OpenApiRouter::default().routes(routes!(stream_events))
}

/// Follow events as they arrive
///
/// Server-sent events. The first, `begin`, has in `from` the time since which everything that arrives is on this stream:
/// a client that reconnects finds what it missed by `/v1/events`, from its last event on. The data of an `event` is an
/// event. A `lagged` has in `missed` the number of events, matching or not, skipped since the last one because the client
/// reads too slowly, or while the bus was unavailable. `end` says that the server stops. Comments keep a quiet connection
/// open.
#[utoipa::path(
    get,
    path = "/v1/events/stream",
    tag = "events",
    params(Asked<FollowQuestion>),
    responses(
        (
            status = 200,
            description = "Events until either side closes the connection.",
            content_type = "text/event-stream",
            body = String,
            example = "event: begin\ndata: {\"from\":\"2026-11-29T10:00:00Z\"}\n\nevent: event\ndata: \
                       {\"id\":\"019adf3c-5d20-7000-8000-00003a5f1c2b\",\"time\":\"2026-11-29T10:00:00Z\",\
                       \"level\":\"warn\",\"service\":\"shop\",\"host\":\"web-1\",\"message\":\"timed out\",\
                       \"fields\":{}}\n\nevent: lagged\ndata: {\"missed\":12}\n\n",
        ),
        Refusals,
    ),
)]
async fn stream_events(
    State(routes): State<EventRoutes>,
    Asked(FollowQuestion(filter)): Asked<FollowQuestion>,
) -> Result<Sse<impl Stream<Item = Result<Sent, axum::Error>>>, Problem> {
    let listener = routes.live.listen(move |event: &Event| filter.matches(event)).await?;
    let begin = Sent::default().event("begin").json_data(json!({ "from": Timestamp::now().to_string() }));
    let end = Sent::default().event("end").json_data(json!({}));
    let heard = listener.stream().flat_map(|heard| stream::iter(sent(heard)));
    let all = stream::iter([begin]).chain(heard).chain(stream::iter([end]));
    Ok(Sse::new(all).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// First `lagged`, then the events.
fn sent(heard: Heard<Event>) -> impl Iterator<Item = Result<Sent, axum::Error>> {
    let Heard { items, missed } = heard;
    let lagged = (missed > 0).then(|| Sent::default().event("lagged").json_data(Lagged { missed }));
    let events = items.into_iter();
    let events = events.map(|event| Sent::default().event("event").json_data(EventJson::from(event)));
    lagged.into_iter().chain(events)
}
