//! `/v1/rollups`.

use super::asked::Asked;
use super::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_query::{Rollups, RollupsQuestion};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::RollupList;

pub(super) fn router(rollups: Rollups) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_rollups)).with_state(rollups)
}

/// List rollups
///
/// Rollups of each matching series by hour or day: average, minimum, maximum, 95th percentile and number of samples. They
/// are computed when a window is over, recomputed for late samples, and retained longer than the samples. The response
/// repeats the query as it was parsed; a page has fewer series than `limit` if there are many windows.
#[utoipa::path(
    get,
    path = "/v1/rollups",
    tag = "questions",
    params(Asked<RollupsQuestion>),
    responses((status = 200, description = "A page of series with their rollups.", body = RollupList), Refusals),
)]
async fn list_rollups(
    State(rollups): State<Rollups>,
    Asked(question): Asked<RollupsQuestion>,
) -> Result<Json<RollupList>, Problem> {
    let answer = rollups.page(&question).await?;
    let next_page = answer.next.map(|cursor| cursor.to_string());
    Ok(Json(RollupList::new(&question.query, &answer.items, next_page)))
}
