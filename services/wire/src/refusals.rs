//! Error responses in OpenAPI documents, shared by all roles.

use crate::json::Problem;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

/// The content type of a problem (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";

/// Responses by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// Error responses with a [`Problem`] as body: status and description.
pub fn problems<const N: usize>(refusals: [(u16, &str); N]) -> Responses {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = |(status, description): (u16, &str)| {
        let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content.clone());
        (status.to_string(), response.build().into())
    };
    refusals.into_iter().map(response).collect()
}

/// Errors that the listener returns before routing.
pub struct OfListener;

impl IntoResponses for OfListener {
    fn responses() -> Responses {
        let mut responses = problems([(
            421,
            "The listener has no tokens, and `Host` is neither an IP address nor `localhost`.",
        )]);
        for (status, description) in [
            (414, "The URI has more than 65,534 bytes. No body; the connection is closed."),
            (
                431,
                "The head has more than 64 KiB or, over HTTP/1.1, more than 100 headers. No body; the \
                 connection is closed.",
            ),
        ] {
            let response = ResponseBuilder::new().description(description);
            responses.insert(status.to_string(), response.build().into());
        }
        responses
    }
}
