//! `/v1/range`.

use super::asked::Asked;
use super::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::RangeQuery;
use watchkeeper_query::Samples;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::RangeAnswer;

pub(super) fn router(samples: Samples) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(get_range)).with_state(samples)
}

/// Get values over a range of time
///
/// The values of each matching series, aggregated by window. The response repeats the query as it was parsed, and sets
/// `series_limit` if there are more series than it may hold. Refused if these are not found among the first 100,000
/// matching series.
#[utoipa::path(
    get,
    path = "/v1/range",
    tag = "questions",
    params(Asked<RangeQuery>),
    responses((status = 200, description = "The windows of each series.", body = RangeAnswer), Refusals),
)]
async fn get_range(
    State(samples): State<Samples>,
    Asked(query): Asked<RangeQuery>,
) -> Result<Json<RangeAnswer>, Problem> {
    let found = samples.range(&query).await?;
    Ok(Json(RangeAnswer::new(&query, &found.series, found.cut_to)))
}
