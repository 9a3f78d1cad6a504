//! `/v1/alerts`.

use super::asked::Asked;
use super::questions::Nothing;
use super::refusals::{BodyRefusals, NotFound, Refusals};
use crate::acknowledge::Acknowledge;
use axum::extract::State;
use axum::{Extension, Json};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::AlertStore;
use watchkeeper_query::{Alerts, AlertsQuestion, FoundAlert};
use watchkeeper_runtime::http::{Caller, Checked, Problem};
use watchkeeper_wire::json::{AcknowledgeRequest, AlertJson, AlertList};

/// Admin routes.
pub(super) fn admin_router(store: Arc<dyn AlertStore>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(acknowledge_alerts)).with_state(store)
}

pub(super) fn router(alerts: Alerts) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_alerts)).with_state(alerts)
}

/// List alerts
///
/// Matching alerts, ordered by rule and series: firing ones and recently cleared ones, with the silences and inhibitions
/// that mute them.
#[utoipa::path(
    get,
    path = "/v1/alerts",
    tag = "alerts",
    params(Asked<AlertsQuestion>),
    responses((status = 200, description = "A page of alerts.", body = AlertList), Refusals),
)]
async fn list_alerts(
    State(alerts): State<Alerts>,
    Asked(question): Asked<AlertsQuestion>,
) -> Result<Json<AlertList>, Problem> {
    let now = Timestamp::now();
    let page = alerts.page(&question, now).await?;
    let shown = page.alerts.into_iter().map(|FoundAlert { alert, silenced_by, inhibited_by }| {
        AlertJson::new(&alert, now, silenced_by, inhibited_by.as_ref())
    });
    Ok(Json(AlertList { alerts: shown.collect(), next_page: page.next.map(|cursor| cursor.to_string()) }))
}

/// Acknowledge firing alerts
///
/// They are not repeated or escalated until they clear, or for `duration`. Their clearing is notified, and so is a
/// further alert of their group. Acknowledging again replaces the acknowledgement. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/alerts/acknowledge",
    tag = "alerts",
    request_body(content = AcknowledgeRequest, description = "Which alerts, and who."),
    responses(
        (status = 200, description = "The alerts that are acknowledged.", body = AlertList),
        NotFound,
        BodyRefusals,
        Refusals,
    ),
)]
async fn acknowledge_alerts(
    State(store): State<Arc<dyn AlertStore>>,
    caller: Option<Extension<Caller>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<AcknowledgeRequest>>,
) -> Result<Json<AlertList>, Problem> {
    let now = Timestamp::now();
    let caller = caller.map(|Extension(Caller(name))| name);
    let acknowledge = Acknowledge::read(request, caller.as_deref(), now)?;
    let what = acknowledge.what();
    let alerts = acknowledge.apply(&store).await?;
    if alerts.is_empty() {
        return Err(Problem::not_found(&what));
    }
    let alerts = alerts.iter().map(|alert| AlertJson::new(alert, now, Vec::new(), None)).collect();
    Ok(Json(AlertList { alerts, next_page: None }))
}
