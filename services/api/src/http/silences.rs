//! `/v1/silences`.

use super::asked::Asked;
use super::questions::{Nothing, SilencesQuestion};
use super::refusals::{BodyRefusals, Conflict, NotFound, Refusals};
use crate::silences::{Made, Silences, read_request};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::http::{Caller, Checked, Problem};
use watchkeeper_wire::json::{SilenceJson, SilenceList, SilenceRequest};

/// What may be read.
pub(super) fn router(silences: Arc<Silences>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_silences)).with_state(silences)
}

/// What changes something.
pub(super) fn admin_router(silences: Arc<Silences>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(make_silence)).routes(routes!(end_silence)).with_state(silences)
}

/// List silences
///
/// Those that hold or are to hold later, the first to end first; if they are asked for, also those that ended in
/// the last 7 days, the last first.
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
    let mut listed = silences.unended(now).await?;
    if ended {
        listed.extend(silences.ended(now).await?);
    }
    Ok(Json(SilenceList { silences: listed.iter().map(|silence| SilenceJson::new(silence, now)).collect() }))
}

/// Make a silence
///
/// Nobody is notified of the alerts that match while it holds. A request that is sent again with its `id` makes
/// no second one. There can be 1,000 that have not ended. Needs the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/silences",
    tag = "alerts",
    request_body(content = SilenceRequest, description = "Which alerts, and for how long."),
    responses(
        (status = 201, description = "It was made.", body = SilenceJson),
        (status = 200, description = "It had been made before, by a request with its id.", body = SilenceJson),
        Conflict,
        BodyRefusals,
        Refusals,
    ),
)]
async fn make_silence(
    State(silences): State<Arc<Silences>>,
    caller: Option<Extension<Caller>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<SilenceRequest>>,
) -> Result<(StatusCode, Json<SilenceJson>), Problem> {
    let now = Timestamp::now();
    let caller = caller.map(|Extension(Caller(name))| name);
    let silence = read_request(request, caller.as_deref(), now)?;
    let (status, silence) = match silences.make(silence, now).await? {
        Made::New(silence) => (StatusCode::CREATED, silence),
        Made::Before(silence) => (StatusCode::OK, silence),
    };
    Ok((status, Json(SilenceJson::new(&silence, now))))
}

/// End a silence
///
/// From now on people are notified again. One that has ended stays as it is. Needs the scope `admin`.
#[utoipa::path(
    delete,
    path = "/v1/silences/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Its `id` in the list.", example = "k3v9x2m7q4w8t5zn")),
    responses(
        (status = 200, description = "The silence, which has ended.", body = SilenceJson),
        NotFound,
        Refusals,
    ),
)]
async fn end_silence(
    State(silences): State<Arc<Silences>>,
    Checked(Path(id)): Checked<Path<String>>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<SilenceJson>, Problem> {
    let now = Timestamp::now();
    let ended = silences.end(&id, now).await?;
    let silence = ended.ok_or_else(|| Problem::not_found(&format!("silence {id}")))?;
    Ok(Json(SilenceJson::new(&silence, now)))
}
