//! Problems for gRPC clients.
//!
//! tonic answers a malformed request as if the server were broken (`INTERNAL`), and one that is too large with
//! `OUT_OF_RANGE`. Both are replaced by a status that the caller can act on. Statuses set by a handler are marked and
//! left unchanged.

use super::Problem;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use std::error::Error;
use std::sync::Arc;
use tonic::{Code, Status};

/// Sends a problem as a gRPC status if the request was gRPC: such clients do not read the body. Errors in the request
/// itself become a status that says so.
pub(super) async fn tell_in_grpc(request: Request, next: Next) -> Response {
    let grpc = is_grpc(request.headers());
    let response = next.run(request).await;
    if !grpc {
        return response;
    }
    let told = response.extensions();
    let problem = told.get::<Problem>().map(Status::from);
    match problem.or_else(|| told.get::<Status>().and_then(unreadable)) {
        Some(status) => status.into_http(),
        None => response,
    }
}

/// tonic's status for an unreadable request, as it should be reported.
fn unreadable(status: &Status) -> Option<Status> {
    if status.source().is_some_and(<dyn Error>::is::<ToldByHandler>) {
        return None;
    }
    let reason = status.message();
    match status.code() {
        Code::Internal => Some(Status::invalid_argument(format!("the request cannot be read: {reason}"))),
        Code::OutOfRange => Some(Status::resource_exhausted(format!("the message is too large: {reason}"))),
        _ => None,
    }
}

/// Marks a status that a handler set.
#[derive(Debug, thiserror::Error)]
#[error("told by a handler")]
struct ToldByHandler;

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// An error as a gRPC handler reports it: the code that corresponds to the HTTP status.
pub fn grpc_status(error: impl Into<Problem>) -> Status {
    Status::from(&error.into())
}

/// For handlers that speak gRPC themselves.
impl From<&Problem> for Status {
    fn from(problem: &Problem) -> Self {
        let code = match problem.status() {
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST => Code::PermissionDenied,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::PAYLOAD_TOO_LARGE => Code::ResourceExhausted,
            StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
            StatusCode::GATEWAY_TIMEOUT => Code::DeadlineExceeded,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Code::Unimplemented,
            status if status.is_client_error() => Code::InvalidArgument,
            _ => Code::Internal,
        };
        let mut status = Self::new(code, problem.detail());
        status.set_source(Arc::new(ToldByHandler));
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_handler_told_is_about_a_request_that_cannot_be_read() {
        let told = grpc_status(Problem::internal());
        assert_eq!(told.code(), Code::Internal);
        assert!(unreadable(&told).is_none());
        let code = |status: Status| unreadable(&status).map(|status| status.code());
        assert_eq!(code(Status::internal("x")), Some(Code::InvalidArgument));
        assert_eq!(code(Status::out_of_range("x")), Some(Code::ResourceExhausted));
        assert_eq!(code(Status::unimplemented("x")), None);
    }
}
