//! How large a body may be.

use axum::Extension;
use axum::extract::DefaultBodyLimit;

/// The most bytes that the body of this request may have: an extension of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

/// Lets the bodies of some routes have at most `max_bytes` bytes, instead of the listener's limit. It
/// holds for what axum's extractors read; who takes the body itself reads it with
/// [`with_limited_body`](axum::RequestExt::with_limited_body).
pub fn body_limit(max_bytes: usize) -> (DefaultBodyLimit, Extension<BodyLimit>) {
    (DefaultBodyLimit::max(max_bytes), Extension(BodyLimit(max_bytes)))
}
