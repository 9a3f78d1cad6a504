//! Problems as pages: the form to sign in for 401, a short page for the rest.

use super::{Assets, CONTENT_POLICY, sign_in};
use crate::page::{ProblemNotice, SignIn};
use askama::Template;
use axum::http::header::{CONTENT_SECURITY_POLICY, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;
use watchkeeper_runtime::http::{Problem, ProblemPage};

/// Without `Basic`, for which browsers prompt in a window of their own.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"watchkeeper\"");

pub(super) fn page(assets: &'static Assets) -> ProblemPage {
    Arc::new(move |problem, method, uri| {
        let policy = [(CONTENT_SECURITY_POLICY, CONTENT_POLICY)];
        if problem.status() == StatusCode::UNAUTHORIZED && uri.path() != sign_in::BASIC {
            let form = SignIn::new(assets, sign_in::back_to(method, uri), None);
            return (policy, [(WWW_AUTHENTICATE, CHALLENGE)], shown(&form, problem)).into_response();
        }
        let notice = ProblemNotice::new(assets, problem.status(), problem.detail());
        (policy, shown(&notice, problem)).into_response()
    })
}

/// The page; if it cannot be rendered, the text of the problem.
fn shown(page: &impl Template, problem: &Problem) -> Response {
    page.render()
        .map_or_else(|_| problem.detail().to_owned().into_response(), |html| Html(html).into_response())
}
