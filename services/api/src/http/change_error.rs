//! Changes that were refused, as problems.

use axum::http::StatusCode;
use watchkeeper_query::{ChangeError, TRY_AGAIN_AFTER};
use watchkeeper_runtime::http::Problem;

pub(super) fn problem(error: ChangeError) -> Problem {
    match error {
        ChangeError::NotFound(what) => Problem::not_found(&what),
        ChangeError::Conflict(reason) => Problem::new(StatusCode::CONFLICT, reason),
        ChangeError::TooMany(reason) => Problem::unavailable(reason, TRY_AGAIN_AFTER),
        ChangeError::Store(error) => error.into(),
    }
}
