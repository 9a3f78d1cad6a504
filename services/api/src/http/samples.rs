//! `GET /v1/samples`. The ingest role serves `POST` on the same path.

use super::asked::Asked;
use super::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{NewestQuestion, Samples};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{SampleJson, SampleList};

pub(super) fn router(samples: Samples) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(get_samples)).with_state(samples)
}

/// Get the newest samples
///
/// The newest samples of all matching series, newest first. Samples in the future, stored while a clock ran ahead, are
/// not among them; `future_until` tells of them. Refused if more than 100,000 series match.
#[utoipa::path(
    get,
    path = "/v1/samples",
    tag = "questions",
    params(Asked<NewestQuestion>),
    responses((status = 200, description = "The samples, newest first.", body = SampleList), Refusals),
)]
async fn get_samples(
    State(samples): State<Samples>,
    Asked(question): Asked<NewestQuestion>,
) -> Result<Json<SampleList>, Problem> {
    let now = Timestamp::now();
    let newest = samples.newest(&question, now).await?;
    let future_until = samples.newest_in_future(&question.filter, now).await?;
    Ok(Json(SampleList {
        samples: newest.iter().map(SampleJson::from).collect(),
        next_page: None,
        future_until: future_until.map(|at| at.to_string()),
    }))
}
