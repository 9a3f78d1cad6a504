//! `/v1/reports`.

use super::asked::Asked;
use super::questions::{Nothing, ReportFormat, ReportQuestion};
use super::refusals::{BadReport, NotFound, Refusals};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{Report, ReportError, ReportQueries};
use watchkeeper_runtime::http::{Checked, Problem};
use watchkeeper_wire::csv;
use watchkeeper_wire::json::{ReportAnswer, ReportJson, ReportList};

/// The longest that a report may take here, whatever its own timeout is: less than the limit of a request.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(25);

pub(super) fn router(reports: ReportQueries) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_reports)).routes(routes!(run_report)).with_state(reports)
}

/// List reports
///
/// The saved reports of the configuration.
#[utoipa::path(
    get,
    path = "/v1/reports",
    tag = "reports",
    params(Asked<Nothing>),
    responses((status = 200, description = "The reports.", body = ReportList), Refusals),
)]
async fn list_reports(
    State(reports): State<ReportQueries>,
    Asked(Nothing): Asked<Nothing>,
) -> Json<ReportList> {
    let (saved, now) = (reports.saved(), Timestamp::now());
    Json(ReportList { reports: saved.iter().map(|report| described(report, now)).collect() })
}

/// Run a report
///
/// Runs its statement now, for at most 25 s, and answers the rows: as JSON, or as CSV (RFC 4180), where a cell that a
/// spreadsheet would run as a formula begins with an apostrophe. An answer with more rows than the report may have is cut:
/// JSON says so with `cut`, CSV with a last row whose first cell begins with `cut:`.
#[utoipa::path(
    get,
    path = "/v1/reports/{name}",
    tag = "reports",
    params(
        ("name" = String, Path, description = "Name of the report.", example = "errors-by-service"),
        Asked<ReportQuestion>,
    ),
    responses(
        (
            status = 200,
            description = "The answer.",
            content(
                (ReportAnswer = "application/json"),
                (String = "text/csv", example = "service,errors\r\nshop,7\r\n"),
            ),
        ),
        NotFound,
        BadReport,
        Refusals,
    ),
)]
async fn run_report(
    State(reports): State<ReportQueries>,
    Checked(Path(name)): Checked<Path<String>>,
    Asked(ReportQuestion { format }): Asked<ReportQuestion>,
) -> Result<Response, Problem> {
    let (report, table) = reports.run_named(&name, ANSWER_WITHIN).await.map_err(problem)?;
    Ok(match format {
        ReportFormat::Json => Json(ReportAnswer::new(report.name, report.title, table)).into_response(),
        ReportFormat::Csv => {
            let disposition = format!("attachment; filename=\"{}.csv\"", report.name);
            let headers = [
                (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
                (CONTENT_DISPOSITION, disposition),
            ];
            (headers, csv::table(&table)).into_response()
        }
    })
}

fn described(report: &Report, now: Timestamp) -> ReportJson {
    let zone = report.time_zone.iana_name().map(str::to_owned);
    ReportJson {
        name: report.name.clone(),
        title: report.title.clone(),
        sql: report.sql.clone(),
        max_rows: report.max_rows as u64,
        schedule: report.schedule.map(|schedule| schedule.to_string()),
        time_zone: zone.filter(|_| report.schedule.is_some()),
        next_at: report.next_due(now).map(|next| next.to_string()),
        mail: report.mail.clone(),
    }
}

fn problem(error: ReportError) -> Problem {
    match error {
        ReportError::Unknown(name) => Problem::not_found(&format!("report {name:?}")),
        ReportError::Refused(reason) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
            .of_kind("report-failed", "The statement of the report failed"),
        ReportError::Failed(error) => error.into(),
    }
}
