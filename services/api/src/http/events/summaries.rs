//! Histograms, frequent values, fields and counts of events.

use super::EventRoutes;
use crate::http::asked::Asked;
use crate::http::questions::{
    CountsQuestion, FieldsQuestion, HistogramQuestion, TopQuestion, ValuesQuestion,
};
use crate::http::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::event::EVENTS;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{
    EventBar, EventCountJson, EventCountList, EventFieldJson, EventFieldList, EventHistogram, EventTop,
    EventValue, EventValueList,
};

pub(super) fn router() -> OpenApiRouter<EventRoutes> {
    OpenApiRouter::default()
        .routes(routes!(get_histogram))
        .routes(routes!(get_top))
        .routes(routes!(list_fields))
        .routes(routes!(list_values))
        .routes(routes!(list_counts))
}

/// Count events over time
///
/// How many events match, by level, in bars that begin at round times of `zone`: days at its midnight, also if they have
/// 23 or 25 hours. The first and the last bar end where the range does, so that the sum of all bars is the number of
/// events. Answers about now may be 2 seconds old; answers about the past are kept for up to an hour.
#[utoipa::path(
    get,
    path = "/v1/events/histogram",
    tag = "events",
    params(Asked<HistogramQuestion>),
    responses((status = 200, description = "The bars.", body = EventHistogram), Refusals),
)]
async fn get_histogram(
    State(routes): State<EventRoutes>,
    Asked(HistogramQuestion { query, bars }): Asked<HistogramQuestion>,
) -> Result<Json<EventHistogram>, Problem> {
    let found = routes.events.histogram(&query, &bars, Timestamp::now()).await?;
    let is_partial = found.is_partial();
    let bars_json =
        found.edges.iter().zip(&found.bars).map(|(from, bar)| EventBar::new(*from, &bar.by_level));
    Ok(Json(EventHistogram {
        from: query.time.start.to_string(),
        to: query.time.end.to_string(),
        step: format!("{}s", bars.step(&query.time).as_secs()),
        events: found.bars.iter().map(watchkeeper_ports::Bar::events).sum(),
        bars: bars_json.collect(),
        complete_since: is_partial.then(|| found.since.to_string()),
        partial: routes.partial("histogram", is_partial),
    }))
}

/// Get the most frequent values of a field
///
/// Of the events that match. A list counts with each of its items; objects do not count. Answers are kept as for the
/// histogram.
#[utoipa::path(
    get,
    path = "/v1/events/top",
    tag = "events",
    params(Asked<TopQuestion>),
    responses((status = 200, description = "The values.", body = EventTop), Refusals),
)]
async fn get_top(
    State(routes): State<EventRoutes>,
    Asked(TopQuestion { query, field, limit }): Asked<TopQuestion>,
) -> Result<Json<EventTop>, Problem> {
    let found = routes.events.top(&query, &field, limit, Timestamp::now()).await?;
    let is_partial = found.since > query.time.start;
    Ok(Json(EventTop {
        field: field.to_string(),
        values: found.found.values.into_iter().map(EventValue::from).collect(),
        others: found.found.others,
        without: found.found.without,
        complete_since: is_partial.then(|| found.since.to_string()),
        partial: routes.partial("top", is_partial),
    }))
}

/// List fields
///
/// The fields of the newest matching events, to complete the name of a field. `service`, `host`, `level`, `message` and
/// `id`, which every event has, are not listed.
#[utoipa::path(
    get,
    path = "/v1/events/fields",
    tag = "events",
    params(Asked<FieldsQuestion>),
    responses((status = 200, description = "The fields.", body = EventFieldList), Refusals),
)]
async fn list_fields(
    State(routes): State<EventRoutes>,
    Asked(FieldsQuestion { query, prefix }): Asked<FieldsQuestion>,
) -> Result<Json<EventFieldList>, Problem> {
    let found = routes.events.fields(&query, &prefix, Timestamp::now()).await?;
    let field = |field: watchkeeper_ports::FieldSeen| EventFieldJson {
        name: field.name,
        events: field.events,
        example: field.example,
    };
    Ok(Json(EventFieldList { fields: found.fields.into_iter().map(field).collect(), of: found.of }))
}

/// List values of a field
///
/// The most frequent values that begin with a prefix, to complete a value.
#[utoipa::path(
    get,
    path = "/v1/events/values",
    tag = "events",
    params(Asked<ValuesQuestion>),
    responses((status = 200, description = "The values.", body = EventValueList), Refusals),
)]
async fn list_values(
    State(routes): State<EventRoutes>,
    Asked(question): Asked<ValuesQuestion>,
) -> Result<Json<EventValueList>, Problem> {
    let ValuesQuestion { top: TopQuestion { query, field, limit }, prefix } = question;
    let found = routes.events.values(&query, &field, &prefix, limit, Timestamp::now()).await?;
    Ok(Json(EventValueList {
        partial: routes.partial("values", found.since > query.time.start),
        values: found.found.into_iter().map(EventValue::from).collect(),
    }))
}

/// List counts
///
/// How many events there were in each minute, by service, level and the fields by which pipelines count. Counted when
/// events are stored, so that they are there at once for any number of events, also for those that are sampled or no
/// longer kept.
#[utoipa::path(
    get,
    path = "/v1/events/counts",
    tag = "events",
    params(Asked<CountsQuestion>),
    responses((status = 200, description = "The counts.", body = EventCountList), Refusals),
)]
async fn list_counts(
    State(routes): State<EventRoutes>,
    Asked(CountsQuestion { name, time }): Asked<CountsQuestion>,
) -> Result<Json<EventCountList>, Problem> {
    let name = name.as_deref().unwrap_or(EVENTS);
    let counts = routes.events.counts(name, time, Timestamp::now()).await?;
    Ok(Json(EventCountList { counts: counts.into_iter().map(EventCountJson::from).collect() }))
}
