//! Pages for those who are not signed in, and of what went wrong: they show nothing of the platform.

use crate::http::Assets;
use askama::Template;
use axum::http::StatusCode;

/// The form to sign in.
#[derive(Template)]
#[template(path = "sign_in.html", whitespace = "minimize")]
pub(crate) struct SignIn {
    assets: &'static Assets,
    next: String,
    error: Option<&'static str>,
}

impl SignIn {
    /// The form, which leads to the address `next`; `error` is what is wrong with the token that was entered.
    pub(crate) fn new(assets: &'static Assets, next: String, error: Option<&'static str>) -> Self {
        Self { assets, next, error }
    }
}

/// What went wrong.
#[derive(Template)]
#[template(path = "problem.html", whitespace = "minimize")]
pub(crate) struct ProblemNotice {
    assets: &'static Assets,
    status: u16,
    title: &'static str,
    detail: String,
}

impl ProblemNotice {
    /// The page of a response with this `status`.
    pub(crate) fn new(assets: &'static Assets, status: StatusCode, detail: &str) -> Self {
        let title = match status {
            StatusCode::NOT_FOUND => "Page not found",
            StatusCode::BAD_REQUEST => "This address is not valid",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::SERVICE_UNAVAILABLE => "Not available at the moment",
            other => other.canonical_reason().unwrap_or("Error"),
        };
        let mut detail = detail.to_owned();
        if let Some(first) = detail.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self { assets, status: status.as_u16(), title, detail }
    }
}
