//! `/v1/latest`.

use super::asked::Asked;
use super::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{PageQuestion, Samples};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{SampleJson, SampleList};

pub(super) fn router(samples: Samples) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(get_latest)).with_state(samples)
}

/// Get the latest samples
///
/// The latest sample of each matching series, ordered by series key. They come from the cache, or from the store if the
/// cache has no match.
#[utoipa::path(
    get,
    path = "/v1/latest",
    tag = "questions",
    params(Asked<PageQuestion>),
    responses((status = 200, description = "A page of samples, one per series.", body = SampleList), Refusals),
)]
async fn get_latest(
    State(samples): State<Samples>,
    Asked(question): Asked<PageQuestion>,
) -> Result<Json<SampleList>, Problem> {
    let answer = samples.latest(&question, Timestamp::now()).await?;
    Ok(Json(SampleList {
        samples: answer.items.iter().map(SampleJson::from).collect(),
        next_page: answer.next.map(|cursor| cursor.to_string()),
        future_until: None,
    }))
}
