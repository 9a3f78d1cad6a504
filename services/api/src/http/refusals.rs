//! The refusals that every route has in common, for the document.

use utoipa::IntoResponses;
use watchkeeper_wire::refusals::{OfListener, Responses, problems};

/// What every route may refuse.
pub(super) struct Refusals;

/// What a route may refuse that names one thing.
pub(super) struct NotFound;

/// What a route may refuse that makes one thing of a given name.
pub(super) struct Conflict;

/// What a route may refuse that begins a run over dead letters.
pub(super) struct RunGoesOn;

/// What a route may refuse that takes a body of JSON.
pub(super) struct BodyRefusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let mut refusals = OfListener::responses();
        refusals.extend(problems([
            (
                400,
                "A parameter is unknown, malformed or past its limit, or too many series match; the problem names it.",
            ),
            (401, "No token was sent, or none that is known."),
            (403, "The token lacks the scope that this needs, or a page of another site sent what changes something."),
            (429, "The token has used up its requests per second."),
            (500, "Something is broken here; the log says what."),
            (503, "The store, the cache or the bus cannot be reached now, or took too long. Try again."),
        ]));
        refusals
    }
}

impl IntoResponses for NotFound {
    fn responses() -> Responses {
        problems([(404, "There is none of that id or name; nothing was changed.")])
    }
}

impl IntoResponses for Conflict {
    fn responses() -> Responses {
        problems([(409, "There is another of that id, or as many as there may be; nothing was changed.")])
    }
}

impl IntoResponses for RunGoesOn {
    fn responses() -> Responses {
        problems([(
            409,
            "Another run over the dead letters goes on; the problem names it. Nothing was done.",
        )])
    }
}

impl IntoResponses for BodyRefusals {
    fn responses() -> Responses {
        problems([
            (413, "The body has more than 1 MiB, which no setting changes: send it in parts."),
            (415, "The body is not `application/json`."),
        ])
    }
}
