//! `/v1/alerts`.

use super::asked::Asked;
use super::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{Alerts, AlertsQuestion, FoundAlert};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{AlertJson, AlertList};

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
    let page = alerts.page(&question, Timestamp::now()).await?;
    let shown = page.alerts.into_iter().map(|FoundAlert { alert, silenced_by, inhibited_by }| {
        AlertJson::new(&alert, silenced_by, inhibited_by.as_ref())
    });
    Ok(Json(AlertList { alerts: shown.collect(), next_page: page.next.map(|cursor| cursor.to_string()) }))
}
