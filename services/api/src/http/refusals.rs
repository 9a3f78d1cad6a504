//! The refusals that every route has in common, for the document.

use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};
use watchkeeper_runtime::http::PROBLEM_JSON;
use watchkeeper_wire::json::Problem;

/// What every route may refuse.
pub(super) struct Refusals;

/// What a route may refuse that names one thing.
pub(super) struct NotFound;

/// What a route may refuse that makes one thing of a given name.
pub(super) struct Conflict;

/// What replaying dead letters may refuse.
pub(super) struct NotReplayable;

/// What a route may refuse that takes a body of JSON.
pub(super) struct BodyRefusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems([
            (400, "A parameter is unknown, malformed or past its limit; the problem names it."),
            (401, "No token was sent, or none that is known."),
            (403, "The token lacks the scope that this needs."),
            (429, "The token has used up its requests per second."),
            (500, "Something is broken here; the log says what."),
            (503, "The store, the cache or the bus cannot be reached now, or took too long. Try again."),
        ])
    }
}

impl IntoResponses for NotFound {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems([(404, "There is none of that id or name; nothing was changed.")])
    }
}

impl IntoResponses for Conflict {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems([(409, "There is another of that id, or as many as there may be; nothing was changed.")])
    }
}

impl IntoResponses for NotReplayable {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems([(
            409,
            "The record of a letter that is `truncated` is not to be had whole; nothing was replayed.",
        )])
    }
}

impl IntoResponses for BodyRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems([(413, "The body is larger than the limit."), (415, "The body is not `application/json`.")])
    }
}

fn problems<const N: usize>(refusals: [(u16, &str); N]) -> BTreeMap<String, RefOr<Response>> {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = |(status, description): (u16, &str)| {
        let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content.clone());
        (status.to_string(), response.build().into())
    };
    refusals.into_iter().map(response).collect()
}
