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

/// Get the status of the platform
///
/// The roles of this process, the lag of the consumer groups, and the number of pending dead letters, firing alerts and
/// pending notifications. Figures whose dependency is unavailable are omitted.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "operation",
    responses((status = 200, description = "The current status.", body = StatusJson), Refusals),
)]
async fn get_status(State(status): State<Status>, Asked(Nothing): Asked<Nothing>) -> Json<StatusJson> {
    Json(status.now().await)
}
