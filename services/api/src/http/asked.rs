//! Queries as query parameters.

use super::given::Given;
use super::parameter::name_of;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_runtime::http::Problem;

/// Extracts a query from the query parameters, and refuses unknown ones.
pub(super) struct Asked<Q>(pub(super) Q);

/// A query given by query parameters.
pub(super) trait Question: Sized {
    /// Its parameters, for the OpenAPI document.
    fn parameters() -> Vec<Parameter>;

    /// Parses it.
    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation>;
}

impl<S: Send + Sync, Q: Question> FromRequestParts<S> for Asked<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut given = Given::in_query(&parts.uri)?;
        let question = Q::read(&mut given, Timestamp::now())?;
        given.finish(Q::parameters().iter().map(name_of))?;
        Ok(Self(question))
    }
}

impl<Q: Question> IntoParams for Asked<Q> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Q::parameters()
    }
}
