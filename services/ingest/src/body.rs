//! Reading a body as it is sent.

use crate::refusal::{refused, too_large};
use crate::room::Share;
use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use http_body_util::BodyExt;
use watchkeeper_runtime::http::Problem;

/// Reads a body to its end. `share` is as large as what has been read: a sender that takes its time
/// holds no more than it has sent.
///
/// # Errors
/// 413 past `max_bytes`, at once when the sender announces it; 503 when there is no room; 400 when the
/// sender breaks off.
pub(crate) async fn read(
    mut body: Body,
    max_bytes: usize,
    share: &mut Share<'_>,
) -> Result<Vec<u8>, Problem> {
    let too_large = || too_large("bytes", max_bytes, "max_body");
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(too_large());
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| refused(StatusCode::BAD_REQUEST, "body", format!("broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > max_bytes - read.len() {
            return Err(too_large());
        }
        share.resize(read.len() + data.len())?;
        read.extend_from_slice(&data);
    }
    Ok(read)
}
