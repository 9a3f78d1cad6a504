//! `/v1/series`.

use super::asked::Asked;
use super::refusals::Refusals;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_query::{PageQuestion, Samples};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{SeriesJson, SeriesList};

pub(super) fn router(samples: Samples) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_series)).with_state(samples)
}

/// List series
///
/// Matching series, ordered by key (source, name, labels, unit).
#[utoipa::path(
    get,
    path = "/v1/series",
    tag = "questions",
    params(Asked<PageQuestion>),
    responses((status = 200, description = "A page of series.", body = SeriesList), Refusals),
)]
async fn list_series(
    State(samples): State<Samples>,
    Asked(question): Asked<PageQuestion>,
) -> Result<Json<SeriesList>, Problem> {
    let answer = samples.series(&question).await?;
    Ok(Json(SeriesList {
        series: answer.items.iter().map(|series| SeriesJson::from(&**series)).collect(),
        next_page: answer.next.map(|cursor| cursor.to_string()),
    }))
}
