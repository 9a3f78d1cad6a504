//! `DELETE /v1/series`.

use super::asked::{Asked, Question};
use super::given::Given;
use super::parameter;
use super::refusals::Refusals;
use crate::deletion::{Deletions, Place};
use axum::extract::State;
use axum::{Extension, Json};
use utoipa::openapi::path::Parameter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::{SeriesFilter, Timestamp, Violation};
use watchkeeper_runtime::http::{Caller, Problem};
use watchkeeper_wire::json::SeriesDeletionJson;

/// Admin routes.
pub(super) fn admin_router(deletions: Deletions) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(delete_series)).with_state(deletions)
}

/// What to delete.
struct DeletionQuestion {
    filter: SeriesFilter,
    dry_run: bool,
    place: Place,
}

impl Question for DeletionQuestion {
    fn parameters() -> Vec<Parameter> {
        let rest =
            [parameter::flag("dry_run", "Delete nothing, and count the matching series."), parameter::page()];
        parameter::filter().into_iter().chain(rest).collect()
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        let (filter, place) = (given.filter()?, given.parsed("page")?.unwrap_or_default());
        if filter == SeriesFilter::default() {
            let reason = "or a name or a label must be given: without any, all data would be deleted";
            return Err(Violation::new("source", reason));
        }
        let dry_run = given.parsed("dry_run")?.unwrap_or_default();
        Ok(Self { filter, dry_run, place })
    }
}

/// Delete series
///
/// Deletes all samples, rollups and latest values of the matching series, whatever their age. A request works for some
/// seconds; while the response has a `next_page`, repeat it with that as `page` for the rest. Samples that arrive
/// meanwhile may stay, and a series that is still sent comes back. Alerts and notifications are kept. Requires the scope
/// `admin`.
#[utoipa::path(
    delete,
    path = "/v1/series",
    tag = "questions",
    params(Asked<DeletionQuestion>),
    responses((status = 200, description = "What was deleted.", body = SeriesDeletionJson), Refusals),
)]
async fn delete_series(
    State(deletions): State<Deletions>,
    caller: Option<Extension<Caller>>,
    Asked(question): Asked<DeletionQuestion>,
) -> Result<Json<SeriesDeletionJson>, Problem> {
    let DeletionQuestion { filter, dry_run, place } = question;
    if dry_run {
        return Ok(Json(deletions.count(&filter).await?));
    }
    let by = caller.as_ref().map(|Extension(Caller(name))| &**name);
    // Before anything is gone: a request that fails has deleted some, too.
    tracing::info!(?filter, by, %place, "deleting series");
    let deleted = deletions.delete(&filter, place).await?;
    let SeriesDeletionJson { series, samples, rollups, .. } = &deleted;
    tracing::info!(?filter, by, series_count = series, samples, rollups, "deleted series");
    Ok(Json(deleted))
}
