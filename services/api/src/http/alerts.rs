//! `/v1/alerts`.

use super::asked::Asked;
use super::change_error::problem;
use super::questions::Nothing;
use super::refusals::{BodyRefusals, NotFound, Refusals};
use axum::extract::State;
use axum::{Extension, Json};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::AlertStore;
use watchkeeper_query::{Acknowledge, Alerts, AlertsQuestion, FoundAlert};
use watchkeeper_runtime::http::{Caller, Checked, Problem};
use watchkeeper_wire::json::{AcknowledgeRequest, AlertJson, AlertList, UnacknowledgeRequest};

/// Admin routes.
pub(super) fn admin_router(store: Arc<dyn AlertStore>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(acknowledge_alerts))
        .routes(routes!(unacknowledge_alerts))
        .with_state(store)
}

pub(super) fn router(alerts: Alerts) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_alerts)).with_state(alerts)
}

/// List alerts
///
/// Matching alerts, ordered by rule and series: firing ones and recently cleared ones, with the silences and inhibitions
/// that mute them. With `state=pending`, rules whose conditions hold, but not for long enough yet: of at most 10,000
/// series, each with the silences and inhibitions that would mute it.
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
    let shown = page.alerts.into_iter().map(|found| {
        let FoundAlert { alert, pending_since, silenced_by, inhibited_by } = found;
        let shown = AlertJson::new(&alert, now, silenced_by, inhibited_by.as_ref());
        pending_since.into_iter().fold(shown, AlertJson::pending)
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
    Ok(Json(changed(acknowledge, &*store, now).await?))
}

/// Take acknowledgements back
///
/// The alerts are repeated and escalated again. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/alerts/unacknowledge",
    tag = "alerts",
    request_body(content = UnacknowledgeRequest, description = "Which alerts."),
    responses(
        (status = 200, description = "The alerts, which are no longer acknowledged.", body = AlertList),
        NotFound,
        BodyRefusals,
        Refusals,
    ),
)]
async fn unacknowledge_alerts(
    State(store): State<Arc<dyn AlertStore>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<UnacknowledgeRequest>>,
) -> Result<Json<AlertList>, Problem> {
    let take_back = Acknowledge::read_taking_back(request)?;
    Ok(Json(changed(take_back, &*store, Timestamp::now()).await?))
}

async fn changed(
    acknowledge: Acknowledge,
    store: &dyn AlertStore,
    now: Timestamp,
) -> Result<AlertList, Problem> {
    let alerts = acknowledge.apply(store).await.map_err(problem)?;
    let alerts = alerts.iter().map(|alert| AlertJson::new(alert, now, Vec::new(), None)).collect();
    Ok(AlertList { alerts, next_page: None })
}
