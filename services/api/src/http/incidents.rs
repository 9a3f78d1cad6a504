//! `/v1/incidents`.

use super::asked::Asked;
use super::questions::{IncidentsQuestion, Nothing};
use super::refusals::{BodyRefusals, Conflict, NotFound, Refusals};
use crate::incidents::{Incidents, Opened, read_request, read_update};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::http::{Caller, Checked, Problem};
use watchkeeper_wire::json::{IncidentJson, IncidentList, IncidentRequest, IncidentUpdateRequest};

/// Read routes.
pub(super) fn router(incidents: Arc<Incidents>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_incidents)).with_state(incidents)
}

/// Admin routes.
pub(super) fn admin_router(incidents: Arc<Incidents>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(open_incident))
        .routes(routes!(update_incident))
        .with_state(incidents)
}

/// List incidents
///
/// Incidents and maintenance on status pages that have not ended; with `ended`, also those that ended in the last 90
/// days. Active ones come first, the latest first; then coming maintenance, the next first; then ended ones, last ended
/// first. At most 500.
#[utoipa::path(
    get,
    path = "/v1/incidents",
    tag = "alerts",
    params(Asked<IncidentsQuestion>),
    responses((status = 200, description = "The incidents.", body = IncidentList), Refusals),
)]
async fn list_incidents(
    State(incidents): State<Arc<Incidents>>,
    Asked(IncidentsQuestion { ended }): Asked<IncidentsQuestion>,
) -> Result<Json<IncidentList>, Problem> {
    let now = Timestamp::now();
    let listed = incidents.list(ended, now).await?;
    let incidents = listed.iter().map(|incident| IncidentJson::new(incident, now)).collect();
    Ok(Json(IncidentList { incidents }))
}

/// Open an incident
///
/// Shows an incident on status pages, or announces maintenance if the request has `ends_at` or `duration`. Repeating a
/// request with the same `id` opens no second incident. At most 100 can be open. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/incidents",
    tag = "alerts",
    request_body(content = IncidentRequest, description = "Title and first update."),
    responses(
        (status = 201, description = "Opened.", body = IncidentJson),
        (status = 200, description = "Already opened by an earlier request with the same ID.", body = IncidentJson),
        Conflict,
        BodyRefusals,
        Refusals,
    ),
)]
async fn open_incident(
    State(incidents): State<Arc<Incidents>>,
    caller: Option<Extension<Caller>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<IncidentRequest>>,
) -> Result<(StatusCode, Json<IncidentJson>), Problem> {
    let now = Timestamp::now();
    let caller = caller.map(|Extension(Caller(name))| name);
    let incident = read_request(request, &incidents.pages(), caller.as_deref(), now)?;
    let (status, incident) = match incidents.open(incident, now).await? {
        Opened::New(incident) => (StatusCode::CREATED, incident),
        Opened::Before(incident) => (StatusCode::OK, incident),
    };
    Ok((status, Json(IncidentJson::new(&incident, now))))
}

/// Update an incident
///
/// Adds an update, at most 100 to one incident. The status `resolved` ends it; another one reopens an incident that was
/// resolved. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/incidents/{id}/updates",
    tag = "alerts",
    params(("id" = String, Path, description = "`id` from the list.", example = "k3v9x2m7q4w8t5zn")),
    request_body(content = IncidentUpdateRequest, description = "Status and text."),
    responses(
        (status = 200, description = "The incident with the update.", body = IncidentJson),
        NotFound,
        Conflict,
        BodyRefusals,
        Refusals,
    ),
)]
async fn update_incident(
    State(incidents): State<Arc<Incidents>>,
    Checked(Path(id)): Checked<Path<String>>,
    caller: Option<Extension<Caller>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<IncidentUpdateRequest>>,
) -> Result<Json<IncidentJson>, Problem> {
    let now = Timestamp::now();
    let caller = caller.map(|Extension(Caller(name))| name);
    let update = read_update(request, caller.as_deref(), now)?;
    let updated = incidents.update(&id, update).await?;
    let incident = updated.ok_or_else(|| Problem::not_found(&format!("incident {id}")))?;
    Ok(Json(IncidentJson::new(&incident, now)))
}
