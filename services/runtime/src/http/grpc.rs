//! Refusals for those who speak gRPC.

use super::Problem;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tonic::{Code, Status};

/// Sends a problem as a gRPC status if the request was gRPC: such a client does not read a body.
pub(super) async fn tell_in_grpc(request: Request, next: Next) -> Response {
    let grpc = is_grpc(request.headers());
    let response = next.run(request).await;
    match response.extensions().get::<Problem>() {
        Some(problem) if grpc => Status::from(problem).into_http(),
        _ => response,
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// A failure, as a handler that speaks gRPC itself tells it: the code that belongs to what is told over HTTP.
pub fn grpc_status(error: impl Into<Problem>) -> Status {
    Status::from(&error.into())
}

/// For a handler that speaks gRPC itself.
impl From<&Problem> for Status {
    fn from(problem: &Problem) -> Self {
        let code = match problem.status() {
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST => Code::PermissionDenied,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::PAYLOAD_TOO_LARGE => Code::ResourceExhausted,
            StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Code::Unimplemented,
            status if status.is_client_error() => Code::InvalidArgument,
            _ => Code::Internal,
        };
        Self::new(code, problem.detail())
    }
}
