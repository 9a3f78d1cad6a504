//! Error responses shared by routes, for the OpenAPI document.

use utoipa::IntoResponses;
use watchkeeper_wire::refusals::{OfListener, Responses, problems};

/// Errors of every route.
pub(super) struct Refusals;

/// Errors of routes with an ID or name.
pub(super) struct NotFound;

/// Errors of routes that create something with a given ID.
pub(super) struct Conflict;

/// Errors of routes that send a notification.
pub(super) struct Outdated;

/// Errors of routes that start a dead-letter run.
pub(super) struct RunGoesOn;

/// Errors of routes with a JSON body.
pub(super) struct BodyRefusals;

/// Errors of routes that run a report.
pub(super) struct BadReport;

impl IntoResponses for BadReport {
    fn responses() -> Responses {
        problems([(
            422,
            "The statement of the report failed or took too long; the problem has the line and what is wrong. The configuration \
             must be changed.",
        )])
    }
}

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let mut refusals = OfListener::responses();
        refusals.extend(problems([
            (
                400,
                "A parameter is unknown, malformed or exceeds its limit, or too many series match; the problem names it.",
            ),
            (401, "The token is missing or unknown."),
            (403, "The token lacks the required scope, or this is a cross-site request that changes something."),
            (429, "The token has exceeded its requests per second."),
            (500, "Internal error; the log has the details."),
            (503, "The store, the cache or the bus cannot be reached now, or took too long. Try again."),
        ]));
        refusals
    }
}

impl IntoResponses for NotFound {
    fn responses() -> Responses {
        problems([(404, "Not found; nothing was changed.")])
    }
}

impl IntoResponses for Conflict {
    fn responses() -> Responses {
        problems([(409, "The ID is in use, or the limit is reached; nothing was changed.")])
    }
}

impl IntoResponses for Outdated {
    fn responses() -> Responses {
        problems([(
            409,
            "It was delivered, or a newer notification of its group is pending or was delivered; nothing was changed.",
        )])
    }
}

impl IntoResponses for RunGoesOn {
    fn responses() -> Responses {
        problems([(409, "Another dead-letter run is in progress; the problem names it. Nothing was done.")])
    }
}

impl IntoResponses for BodyRefusals {
    fn responses() -> Responses {
        problems([
            (413, "The body has more than 1 MiB, a fixed limit: send it in parts."),
            (415, "The body is not `application/json`."),
        ])
    }
}
