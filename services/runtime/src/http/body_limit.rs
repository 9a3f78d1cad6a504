//! Limits on body sizes.

use axum::Extension;
use axum::extract::DefaultBodyLimit;

/// The size limit of this request's body in bytes: an extension of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

/// Limits the bodies of some routes to `max_bytes` bytes, in place of the listener's limit. Applies to axum's
/// extractors; a handler that reads the body itself uses [`with_limited_body`](axum::RequestExt::with_limited_body).
pub fn body_limit(max_bytes: usize) -> (DefaultBodyLimit, Extension<BodyLimit>) {
    (DefaultBodyLimit::max(max_bytes), Extension(BodyLimit(max_bytes)))
}
