//! `/v1/status`.

use super::asked::Asked;
use super::questions::Nothing;
use super::refusals::Refusals;
use crate::status::Status;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_wire::json::StatusJson;

pub(super) fn router(status: Status) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(get_status)).with_state(status)
}

/// Get the state of the platform
///
/// The roles of the process that answers, how far the consumers of samples are behind, how many records were
/// rejected and wait, how many alerts fire, and how many notifications wait. A figure whose dependency does not
/// answer is left out.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "operation",
    responses((status = 200, description = "The state now.", body = StatusJson), Refusals),
)]
async fn get_status(State(status): State<Status>, Asked(Nothing): Asked<Nothing>) -> Json<StatusJson> {
    Json(status.now().await)
}
