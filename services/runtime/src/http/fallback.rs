//! Paths and methods that are not there.

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

/// The router itself says in `Allow` which methods there are.
async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}
