//! `/v1/rules`.

use super::asked::Asked;
use super::questions::Nothing;
use super::refusals::{NotFound, Refusals};
use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::{SeriesFilter, Timestamp};
use watchkeeper_query::RuleQueries;
use watchkeeper_runtime::http::{Checked, Problem};
use watchkeeper_wire::json::{RuleExplanation, RuleList};

pub(super) fn router(rules: RuleQueries) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(list_rules)).routes(routes!(explain_rule)).with_state(rules)
}

/// List rules
///
/// All rules in configuration order, each with the number of series that it is firing for.
#[utoipa::path(
    get,
    path = "/v1/rules",
    tag = "alerts",
    responses((status = 200, description = "The rules.", body = RuleList), Refusals),
)]
async fn list_rules(
    State(rules): State<RuleQueries>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<RuleList>, Problem> {
    Ok(Json(rules.list().await?))
}

/// Explain a rule
///
/// Why the rule fires or does not fire, series by series, and which silences and inhibitions mute it. Explains those of
/// the requested series that the rule matches; if it matches none of them, why not. The response sets `series_limit` if
/// there are more series than it may hold.
#[utoipa::path(
    get,
    path = "/v1/rules/{name}/explain",
    tag = "alerts",
    params(("name" = String, Path, description = "Name of the rule.", example = "site_down"), Asked<SeriesFilter>),
    responses(
        (status = 200, description = "The rule and its series.", body = RuleExplanation),
        NotFound,
        Refusals,
    ),
)]
async fn explain_rule(
    State(rules): State<RuleQueries>,
    Checked(Path(name)): Checked<Path<String>>,
    Asked(filter): Asked<SeriesFilter>,
) -> Result<Json<RuleExplanation>, Problem> {
    let explanation = rules.explain(&name, &filter, Timestamp::now()).await?;
    explanation.map(Json).ok_or_else(|| Problem::not_found(&format!("rule {name}")))
}
