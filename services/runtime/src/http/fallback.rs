//! Unknown paths and methods.

use super::Problem;
use axum::Router;
use axum::http::{Method, StatusCode, Uri};

/// Refuses unknown paths (404) and methods (405) with problems.
pub(super) fn with_fallbacks(router: Router) -> Router {
    router.fallback(unknown_path).method_not_allowed_fallback(wrong_method)
}

async fn unknown_path(uri: Uri) -> Problem {
    Problem::not_found(&format!("path {}", uri.path()))
}

/// The router itself lists the allowed methods in `Allow`.
async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not allow {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}
