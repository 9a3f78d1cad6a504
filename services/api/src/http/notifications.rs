//! `/v1/notifications`.

use super::asked::Asked;
use super::questions::NotificationsQuestion;
use super::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_ports::NotificationStore;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{NotificationJson, NotificationList};

pub(super) fn router(notifications: Arc<dyn NotificationStore>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_notifications)).with_state(notifications)
}

/// List notifications
///
/// The newest notifications, newest first, with recipient, subject and state.
#[utoipa::path(
    get,
    path = "/v1/notifications",
    tag = "alerts",
    params(Asked<NotificationsQuestion>),
    responses((status = 200, description = "The newest notifications.", body = NotificationList), Refusals),
)]
async fn list_notifications(
    State(notifications): State<Arc<dyn NotificationStore>>,
    Asked(NotificationsQuestion { limit }): Asked<NotificationsQuestion>,
) -> Result<Json<NotificationList>, Problem> {
    let newest = notifications.newest(limit).await?;
    Ok(Json(NotificationList { notifications: newest.iter().map(NotificationJson::from).collect() }))
}
