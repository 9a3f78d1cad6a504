//! Signing in with a token, and out.

use super::{Console, render};
use crate::page::SignIn;
use axum::extract::{Form, Query, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use watchkeeper_runtime::http::{Access, Checked, Problem, Scope};

/// The path that makes a browser prompt for the token itself.
pub(super) const BASIC: &str = "/sign-in-basic";
/// Longest address to return to, in bytes.
const MAX_NEXT_BYTES: usize = 2_000;

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

/// The fields of the form.
#[derive(Deserialize)]
pub(super) struct Fields {
    token: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn form(
    State(console): State<Console>,
    Checked(Query(Next { next })): Checked<Query<Next>>,
) -> Result<Response, Problem> {
    render(&SignIn::new(console.assets, own_address(&next), None))
}

pub(super) async fn sign_in(
    State(console): State<Console>,
    headers: HeaderMap,
    Checked(Form(Fields { token, next })): Checked<Form<Fields>>,
) -> Result<Response, Problem> {
    let next = own_address(&next);
    match console.access.sign_in(token.trim(), Scope::Read, &headers) {
        Ok(cookie) => Ok((StatusCode::SEE_OTHER, [(SET_COOKIE, cookie)], [(LOCATION, next)]).into_response()),
        Err(refused) => {
            let error = match refused.status() {
                StatusCode::UNAUTHORIZED => "No such token.",
                _ => "This token does not have the scope `read`.",
            };
            let page = render(&SignIn::new(console.assets, next, Some(error)))?;
            Ok((refused.status(), page).into_response())
        }
    }
}

/// Once the browser has prompted for the token, it sends it with each request.
pub(super) async fn basic(State(console): State<Console>, headers: HeaderMap) -> Result<Redirect, Problem> {
    if console.access.allows(&headers, Scope::Read) {
        Ok(Redirect::to("/"))
    } else {
        Err(Problem::unauthorized())
    }
}

pub(super) async fn sign_out() -> Response {
    ([(SET_COOKIE, Access::signed_out())], Redirect::to("/")).into_response()
}

/// Where to return to after a request that needed a token.
pub(super) fn back_to(method: &Method, uri: &Uri) -> String {
    let address = uri.path_and_query().filter(|_| method == Method::GET).map(ToString::to_string);
    own_address(&address.unwrap_or_default())
}

/// The address if it is one of this server, else the first page: the form must not send people elsewhere.
fn own_address(next: &str) -> String {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/sign-");
    let is_plain =
        next.len() <= MAX_NEXT_BYTES && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own && is_plain { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_returns_only_to_this_server() {
        for own in ["/", "/alerts", "/series?source=a&label.b=%22"] {
            assert_eq!(own_address(own), own);
        }
        let long = format!("/{}", "a".repeat(MAX_NEXT_BYTES));
        for other in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/sign-in", &long]
        {
            assert_eq!(own_address(other), "/", "{other}");
        }
        let uri: Uri = "/alerts?since=1h".parse().unwrap();
        assert_eq!(back_to(&Method::GET, &uri), "/alerts?since=1h");
        assert_eq!(back_to(&Method::POST, &uri), "/");
    }
}
