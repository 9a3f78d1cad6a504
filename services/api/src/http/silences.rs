//! `/v1/silences`.

use super::asked::Asked;
use super::change_error::problem;
use super::questions::{Nothing, SilencesQuestion};
use super::refusals::{BodyRefusals, Conflict, NotFound, Refusals};
use crate::silences::Silences;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use std::slice;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{Created, SilenceChanges, read_silence};
use watchkeeper_runtime::http::{Caller, Checked, Problem};
use watchkeeper_wire::json::{SilenceJson, SilenceList, SilenceRequest};

/// Read routes.
pub(super) fn router(silences: Arc<Silences>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_silences)).with_state(silences)
}

/// Admin routes.
pub(super) fn admin_router(silences: Arc<Silences>, changes: SilenceChanges) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(make_silence))
        .routes(routes!(end_silence))
        .with_state((silences, changes))
}

/// List silences
///
/// Active and pending silences, ordered by end time; with `ended`, also those that ended in the last 7 days, last ended
/// first.
#[utoipa::path(
    get,
    path = "/v1/silences",
    tag = "alerts",
    params(Asked<SilencesQuestion>),
    responses((status = 200, description = "The silences.", body = SilenceList), Refusals),
)]
async fn list_silences(
    State(silences): State<Arc<Silences>>,
    Asked(SilencesQuestion { ended }): Asked<SilencesQuestion>,
) -> Result<Json<SilenceList>, Problem> {
    let now = Timestamp::now();
    let mut listed = silences.shown(&silences.unended(now).await?, now).await;
    if ended {
        listed.extend(silences.ended(now).await?.iter().map(|silence| SilenceJson::new(silence, now)));
    }
    Ok(Json(SilenceList { silences: listed }))
}

/// Create a silence
///
/// Mutes notifications for matching alerts while it is active. Repeating a request with the same `id` creates no second
/// silence. At most 1,000 can be active or pending. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/silences",
    tag = "alerts",
    request_body(content = SilenceRequest, description = "Matchers and duration."),
    responses(
        (status = 201, description = "Created.", body = SilenceJson),
        (status = 200, description = "Already created by an earlier request with the same ID.", body = SilenceJson),
        Conflict,
        BodyRefusals,
        Refusals,
    ),
)]
async fn make_silence(
    State((silences, changes)): State<(Arc<Silences>, SilenceChanges)>,
    caller: Option<Extension<Caller>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<SilenceRequest>>,
) -> Result<(StatusCode, Json<SilenceJson>), Problem> {
    let now = Timestamp::now();
    let caller = caller.map(|Extension(Caller(name))| name);
    let silence = read_silence(request, caller.as_deref(), now)?;
    let (status, silence) = match changes.create(silence, now).await.map_err(problem)? {
        Created::New(silence) => (StatusCode::CREATED, silence),
        Created::Before(silence) => (StatusCode::OK, silence),
    };
    let shown = silences.shown(slice::from_ref(&silence), now).await.pop();
    Ok((status, Json(shown.unwrap_or_else(|| SilenceJson::new(&silence, now)))))
}

/// End a silence
///
/// Notifications resume. A silence that has already ended is unchanged. Requires the scope `admin`.
#[utoipa::path(
    delete,
    path = "/v1/silences/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "`id` from the list.", example = "k3v9x2m7q4w8t5zn")),
    responses(
        (status = 200, description = "The ended silence.", body = SilenceJson),
        NotFound,
        Refusals,
    ),
)]
async fn end_silence(
    State((_, changes)): State<(Arc<Silences>, SilenceChanges)>,
    Checked(Path(id)): Checked<Path<String>>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<SilenceJson>, Problem> {
    let now = Timestamp::now();
    let silence = changes.end(&id, now).await.map_err(problem)?;
    Ok(Json(SilenceJson::new(&silence, now)))
}
