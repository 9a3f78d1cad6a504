//! `/openapi.json`: the document is generated from the handlers that it describes.

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

/// What the document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchkeeper",
        description = "Samples of your hosts and services: what they are now, what they were, and how the platform \
                       is that keeps them. Every refusal is a problem (RFC 9457) that names the parameter and its \
                       limit, but for those without a body. A request with a field or parameter that is not described \
                       here is refused; an answer may have fields more in a later version. Instants are RFC 3339 in \
                       UTC.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "questions", description = "What series there are, and their values."),
        (name = "alerts", description = "What fires and why, who is told of it, and who is not to be."),
        (name = "operation", description = "How the platform is, and what to do about it."),
    ),
    components(schemas(Lagged, Problem, SampleJson)),
    security((), ("token" = [])),
    modifiers(&Tokens),
)]
struct Frame;

/// Tokens, which a listener on loopback may do without.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "A token with the scope `read`, or `admin` where it says so. A listener without tokens, which is on \
             loopback, takes everybody.",
        ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

/// Serves the document about everything that `parts` describe, and about itself.
pub(super) fn router(parts: impl IntoIterator<Item = utoipa::openapi::OpenApi>) -> Router {
    let (router, itself) = OpenApiRouter::default().routes(routes!(get_document)).split_for_parts();
    let document =
        parts.into_iter().chain([itself]).fold(Frame::openapi(), utoipa::openapi::OpenApi::merge_from);
    let json = document.to_json().expect("it is made of strings, numbers and maps with strings as keys");
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
