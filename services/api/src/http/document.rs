//! `/openapi.json`, generated from the handlers.

use super::asked::Asked;
use super::questions::Nothing;
use super::refusals::Refusals;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use std::sync::Arc;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_wire::json::{Lagged, Problem, SampleJson};

/// The document apart from the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchkeeper",
        description = "Samples and events of your hosts and services, alerts on them, and the state of the platform. Every \
                       error is a problem (RFC 9457) that names the parameter and its limit, except errors without a \
                       body. Requests with fields or parameters that are not described here are refused; responses \
                       may have more fields in later versions. Times are RFC 3339 in UTC.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "questions", description = "Series and their values."),
        (name = "events", description = "What services, devices and hosts said."),
        (name = "reports", description = "Saved questions in SQL."),
        (name = "alerts", description = "Alerts, rules, silences and notifications."),
        (name = "operation", description = "Status and dead letters."),
    ),
    components(schemas(Lagged, Problem, SampleJson)),
    security((), ("token" = [])),
    modifiers(&Tokens),
)]
struct Frame;

/// Bearer tokens; optional on a loopback listener.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "A token with the scope `read`, or `admin` where required. A listener without tokens, which must be on \
             loopback, requires none.",
        ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

/// Serves the document merged from `parts`, including this route.
pub(super) fn router(parts: impl IntoIterator<Item = utoipa::openapi::OpenApi>) -> Router {
    let (router, itself) = OpenApiRouter::default().routes(routes!(get_document)).split_for_parts();
    let document =
        parts.into_iter().chain([itself]).fold(Frame::openapi(), utoipa::openapi::OpenApi::merge_from);
    let json = document.to_json().expect("it consists of strings, numbers and maps with string keys");
    router.with_state(Arc::<str>::from(json))
}

/// Get this document
///
/// OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    responses((status = 200, description = "The document.", body = Object), Refusals),
)]
async fn get_document(State(json): State<Arc<str>>, Asked(Nothing): Asked<Nothing>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], json.to_string())
}
