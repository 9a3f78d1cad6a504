//! Extractors whose rejections are problems.

use super::{BodyLimit, Problem};
use axum::body::HttpBody as _;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use std::error::Error;

/// An axum extractor that rejects with a [`Problem`]: `Checked(Json(order)): Checked<Json<Order>>`.
#[derive(Clone, Copy, Debug)]
pub struct Checked<E>(pub E);

impl<S, E> FromRequest<S> for Checked<E>
where
    S: Send + Sync,
    E: FromRequest<S, Rejection: IntoResponse + Error>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let limit: Option<BodyLimit> = request.extensions().get().copied();
        if let Some(BodyLimit(limit)) = limit
            && request.body().size_hint().lower() > limit as u64
        {
            // The announced length suffices; don't wait for the body.
            return Err(Problem::too_large(limit));
        }
        E::from_request(request, state).await.map(Self).map_err(|rejection| refusal(rejection, limit))
    }
}

impl<S, E> FromRequestParts<S> for Checked<E>
where
    S: Send + Sync,
    E: FromRequestParts<S, Rejection: IntoResponse + Error>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        E::from_request_parts(parts, state).await.map(Self).map_err(|rejection| refusal(rejection, None))
    }
}

fn refusal(rejection: impl IntoResponse + Error, limit: Option<BodyLimit>) -> Problem {
    // A rejection says what is wrong; its source says where, unless the rejection does too.
    let (mut detail, source) = (rejection.to_string(), rejection.source().map(ToString::to_string));
    if let Some(source) = source.filter(|source| !detail.contains(source)) {
        detail = format!("{detail}: {source}");
    }
    match (rejection.into_response().status(), limit) {
        (StatusCode::PAYLOAD_TOO_LARGE, Some(BodyLimit(limit))) => Problem::too_large(limit),
        // JSON of another shape is as bad a request as invalid JSON.
        (StatusCode::UNPROCESSABLE_ENTITY, _) => Problem::bad_request("body", detail),
        (status, _) if status.is_client_error() => Problem::new(status, detail),
        _ => {
            tracing::error!(error = detail, "cannot parse a request");
            Problem::internal()
        }
    }
}
