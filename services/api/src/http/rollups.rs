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
/// What each series that matches was, hour by hour or day by day: average, least, most, 95th percentile and how
/// many samples. They are made once a window is over, made again for samples that come late, and kept for longer
/// than the samples. The answer repeats the question as it was understood; a page holds fewer series than
/// `limit` when there are many windows.
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
