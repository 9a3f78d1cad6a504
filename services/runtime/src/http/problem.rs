//! Machine-readable errors: RFC 9457.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use watchkeeper_domain::Violation;
use watchkeeper_ports::PortError;

/// The content type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Most errors that a problem lists; its detail has the total.
pub const MAX_FIELD_ERRORS: usize = 100;
/// When to retry after a dependency was unavailable.
pub const RETRY_UNAVAILABLE: Duration = Duration::from_secs(5);

/// An error response, sent as `application/problem+json` (RFC 9457), or as a gRPC status to gRPC clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    status: StatusCode,
    kind: Option<Kind>,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A kind of problem more specific than its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    title: &'static str,
}

/// One error in a request's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The index in the list, from 0; `None` for a single item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The field as the sender spelled it: `value`, `labels.host`.
    pub field: String,
    /// What the field must be, including the limit.
    pub reason: String,
}

impl Problem {
    /// A problem with this `status`; `detail` says what is wrong this time, and what to do about it.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// Sets its kind in place of `about:blank`: the type is `urn:watchkeeper:problem:<name>`, with the name in kebab
    /// case, and the title is fixed for the kind.
    #[must_use]
    pub fn of_kind(self, name: &'static str, title: &'static str) -> Self {
        Self { kind: Some(Kind { name, title }), ..self }
    }

    /// Lists the errors in the content: the first [`MAX_FIELD_ERRORS`] of `errors`.
    #[must_use]
    pub fn with_errors(self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        Self { errors: errors.into_iter().take(MAX_FIELD_ERRORS).collect(), ..self }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets when to retry, in whole seconds, rounded up and at least one.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with_header(RETRY_AFTER, seconds.max(1).into())
    }

    /// 400: one field is wrong.
    pub fn bad_request(field: impl Into<String>, reason: impl Into<String>) -> Self {
        let (field, reason) = (field.into(), reason.into());
        let detail = format!("{field}: {reason}");
        Self::invalid(detail, [FieldError { index: None, field, reason }])
    }

    /// 400: several fields are wrong; `detail` says how many.
    pub fn invalid(detail: impl Into<String>, errors: impl IntoIterator<Item = FieldError>) -> Self {
        let kind =
            Self::new(StatusCode::BAD_REQUEST, detail).of_kind("invalid-input", "The input is not valid");
        kind.with_errors(errors)
    }

    /// 401: missing or unknown token. A browser prompts its user for one.
    pub fn unauthorized() -> Self {
        let detail =
            "missing or unknown token: send Authorization: Bearer TOKEN, or the token as the Basic password";
        Self::new(StatusCode::UNAUTHORIZED, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"watchkeeper\""))
            .with_header(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"watchkeeper\", charset=\"UTF-8\""),
            )
    }

    /// 403: the token is known, but lacks `scope`.
    pub fn forbidden(scope: super::Scope) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("the token lacks the scope `{scope}`"))
            .of_kind("missing-scope", "The token lacks a scope")
    }

    /// 404: there is no such `what`.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }

    /// 413: the body has more than `limit` bytes, which is the limit of its path.
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "the body has more than {limit} bytes, the fixed limit of this path: send it \
                 in parts"
            ),
        )
    }

    /// 415: the body is not of the content type `expected`.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("the content type must be {expected}"))
    }

    /// 429: too many requests; retry after `wait`.
    pub fn too_many_requests(wait: Duration) -> Self {
        let detail = "the token has exceeded its requests per second";
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(wait)
    }

    /// 500, without internal details.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    }

    /// 503: unavailable because of `reason`; retry after `wait`.
    pub fn unavailable(reason: impl Into<String>, wait: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason).retry_after(wait)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong this time.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// The members of RFC 9457, and `errors`.
#[derive(Serialize)]
struct Body<'p> {
    r#type: String,
    title: &'p str,
    status: u16,
    detail: &'p str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'p [FieldError],
}

/// The problem itself is in the response's extensions, for layers that translate it to another protocol.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let phrase = self.status.canonical_reason().unwrap_or("Unknown");
        let body = Body {
            r#type: self
                .kind
                .map_or("about:blank".into(), |kind| format!("urn:watchkeeper:problem:{}", kind.name)),
            title: self.kind.map_or(phrase, |kind| kind.title),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        let mut response = (self.status, [(CONTENT_TYPE, PROBLEM_JSON)], Json(body)).into_response();
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Violation> for Problem {
    fn from(violation: Violation) -> Self {
        Self::bad_request(violation.field, violation.reason)
    }
}

/// What only an operator can fix goes to the log, not to the caller.
impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unavailable { what, reason } => {
                tracing::debug!(
                    dependency = what,
                    error = reason,
                    "a dependency of a request is unavailable"
                );
                Self::unavailable(format!("the {what} is not available"), RETRY_UNAVAILABLE)
            }
            PortError::Rejected { reason, .. } => Self::new(StatusCode::BAD_REQUEST, reason),
            PortError::ItemsRejected { .. }
            | PortError::PositionMoved { .. }
            | PortError::Fenced { .. }
            | PortError::Broken { .. } => {
                tracing::error!(%error, "a request failed");
                Self::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderMap;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    async fn sent(problem: Problem) -> (HeaderMap, Value) {
        let (head, body) = problem.into_response().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (head.headers, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_problem_is_sent_as_rfc_9457_says() {
        let (headers, body) =
            sent(Problem::bad_request("labels.host", "has 2000 bytes, the limit is 1024")).await;
        assert_eq!(headers[CONTENT_TYPE], PROBLEM_JSON);
        let expected = json!({
            "type": "urn:watchkeeper:problem:invalid-input",
            "title": "The input is not valid",
            "status": 400,
            "detail": "labels.host: has 2000 bytes, the limit is 1024",
            "errors": [{ "field": "labels.host", "reason": "has 2000 bytes, the limit is 1024" }],
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn a_problem_without_a_kind_has_the_title_of_its_status() {
        let (headers, body) = sent(Problem::too_many_requests(Duration::from_millis(1001))).await;
        assert_eq!(headers[RETRY_AFTER], "2");
        assert_eq!((&body["type"], &body["title"]), (&json!("about:blank"), &json!("Too Many Requests")));
    }

    #[tokio::test]
    async fn no_more_errors_are_listed_than_the_limit() {
        let wrong =
            |index| FieldError { index: Some(index), field: "value".into(), reason: "must be finite".into() };
        let (_, body) = sent(Problem::invalid("101 of 200 samples", (0..=MAX_FIELD_ERRORS).map(wrong))).await;
        assert_eq!(body["errors"].as_array().unwrap().len(), MAX_FIELD_ERRORS);
        assert_eq!(body["errors"][99]["index"], 99);
    }

    #[tokio::test]
    async fn what_is_wrong_inside_stays_inside() {
        let reason = || "password authentication failed for user wk".to_owned();
        for (error, status, told) in [
            (PortError::Unavailable { what: "store", reason: reason() }, 503, false),
            (PortError::Broken { what: "store", reason: reason() }, 500, false),
            (PortError::Rejected { what: "store", reason: reason() }, 400, true),
        ] {
            let (headers, body) = sent(error.into()).await;
            assert_eq!(
                (body["status"].as_u64(), body.to_string().contains("password")),
                (Some(status), told)
            );
            assert_eq!(headers.contains_key(RETRY_AFTER), status == 503);
        }
    }
}
