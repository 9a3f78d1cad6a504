//! `/v1/events`. The ingest role serves `POST` on the same path.

mod csv;
mod export;
mod stream;
mod summaries;

use super::asked::Asked;
use super::questions::AroundQuestion;
use super::refusals::{NotFound, Refusals};
use crate::live::LiveEvents;
use crate::metrics::ApiMetrics;
use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::{EventId, Timestamp};
use watchkeeper_query::{Events, EventsQuestion, PARTIAL_HINT};
use watchkeeper_runtime::http::{Checked, Problem};
use watchkeeper_wire::json::{EventAround, EventJson, EventList, PartialJson};

/// What the routes need.
#[derive(Clone)]
pub(crate) struct EventRoutes {
    pub(crate) events: Events,
    pub(crate) live: LiveEvents,
    pub(crate) metrics: ApiMetrics,
}

impl EventRoutes {
    /// Counts an answer that is partial, and says how to narrow the query.
    pub(crate) fn partial(&self, question: &str, is_partial: bool) -> PartialJson {
        self.metrics.count_event_answer(question, is_partial);
        PartialJson::of(is_partial, PARTIAL_HINT)
    }
}

pub(super) fn router(routes: EventRoutes) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(list_events))
        .routes(routes!(get_event))
        .merge(summaries::router())
        .merge(stream::router())
        .merge(export::router())
        .with_state(routes)
}

/// Find events
///
/// A page of the events that match, newest or oldest first; those of one instant are in order of arrival. Pages that
/// continue each other (`after`) have each event once, whatever arrives meanwhile, and keep the range of the first page.
/// A page has fewer events than `limit` if they are very long. A search that takes too long answers what it has found
/// with `partial`, and continues at `next`.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    params(Asked<EventsQuestion>),
    responses((status = 200, description = "The events.", body = EventList), Refusals),
)]
async fn list_events(
    State(routes): State<EventRoutes>,
    Asked(question): Asked<EventsQuestion>,
) -> Result<Json<EventList>, Problem> {
    let page = routes.events.find(&question, Timestamp::now()).await?;
    Ok(Json(EventList {
        partial: routes.partial("page", page.is_partial),
        next: page.next.map(|cursor| cursor.to_string()),
        events: page.events.into_iter().map(EventJson::from).collect(),
    }))
}

/// Get an event
///
/// With `around`, also its neighbours in time of the same service and host, at most a day from it.
#[utoipa::path(
    get,
    path = "/v1/events/{id}",
    tag = "events",
    params(
        ("id" = String, Path, description = "ID of the event.", example = "019adf3c-5d20-7000-8000-00003a5f1c2b"),
        Asked<AroundQuestion>,
    ),
    responses(
        (status = 200, description = "The event and its neighbours.", body = EventAround),
        NotFound,
        Refusals,
    ),
)]
async fn get_event(
    State(routes): State<EventRoutes>,
    Checked(Path(id)): Checked<Path<String>>,
    Asked(AroundQuestion { neighbours }): Asked<AroundQuestion>,
) -> Result<Json<EventAround>, Problem> {
    let not_found = || Problem::not_found(&format!("event {id}"));
    let known: EventId = id.parse().map_err(|_| not_found())?;
    let found = routes.events.around(known, neighbours).await?.ok_or_else(not_found)?;
    Ok(Json(EventAround {
        partial: routes.partial("around", found.is_partial),
        event: found.event.into(),
        before: found.before.into_iter().map(EventJson::from).collect(),
        after: found.after.into_iter().map(EventJson::from).collect(),
    }))
}
