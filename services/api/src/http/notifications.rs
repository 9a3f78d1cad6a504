//! `/v1/notifications`.

use super::asked::Asked;
use super::change_error::problem;
use super::questions::{Nothing, NotificationsQuestion};
use super::refusals::{NotFound, Outdated, Refusals};
use axum::Json;
use axum::extract::{Path, State};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::NotificationStore;
use watchkeeper_query::{Retry, retry_notification};
use watchkeeper_runtime::http::{Checked, Problem};
use watchkeeper_wire::json::{NotificationJson, NotificationList, RetryJson};

pub(super) fn router(notifications: Arc<dyn NotificationStore>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_notifications)).with_state(notifications)
}

/// Admin routes.
pub(super) fn admin_router(notifications: Arc<dyn NotificationStore>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(retry)).with_state(notifications)
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

/// Send a notification now
///
/// Makes one due that waits for its next attempt or has failed permanently. One that is older than `give_up_after` gets one
/// more attempt. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/notifications/{id}/retry",
    tag = "alerts",
    params(("id" = String, Path, description = "`id` from the list.", example = "5f1d7a84e2c3b0965f1d7a84-3")),
    responses(
        (status = 200, description = "It is due.", body = RetryJson),
        NotFound,
        Outdated,
        Refusals,
    ),
)]
async fn retry(
    State(notifications): State<Arc<dyn NotificationStore>>,
    Checked(Path(id)): Checked<Path<String>>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<RetryJson>, Problem> {
    let retried = retry_notification(&*notifications, &id, Timestamp::now()).await.map_err(problem)?;
    let result = match retried {
        Retry::Due => "due",
        Retry::UnderWay => "under-way",
    };
    Ok(Json(RetryJson { id, result: result.to_owned() }))
}
