//! Guards against DNS rebinding: a page of another site whose name was pointed at this host.

use super::Problem;
use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// Refuses a request for a host name other than `localhost` (421).
///
/// For listeners without tokens. A rebound page sends the name it was loaded from, which its owner pointed at this
/// host. That is not possible for an IP address or `localhost`: a page loaded from one of those came from there, and
/// if that is elsewhere, the browser treats the request as cross-site.
pub(super) async fn refuse_other_names(request: Request, next: Next) -> Response {
    match foreign_name(request.uri(), request.headers()) {
        None => next.run(request).await,
        Some(name) => misdirected(&name).into_response(),
    }
}

fn misdirected(name: &str) -> Problem {
    let detail = format!(
        "this listener has no tokens and answers to IP addresses and `localhost` only, not to {name:?}: \
         use one of those, or configure tokens"
    );
    Problem::new(StatusCode::MISDIRECTED_REQUEST, detail)
}

/// The first host in the request that is neither an address nor `localhost`. HTTP/2 has it in the URI, HTTP/1.1 in a
/// header; a client that sends none is not a browser.
fn foreign_name(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let in_headers = headers.get_all(HOST).iter().map(|host| String::from_utf8_lossy(host.as_bytes()));
    let in_uri = uri.authority().map(|authority| authority.as_str().into());
    in_uri.into_iter().chain(in_headers).find(|host| !is_local(host)).map(Into::into)
}

fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn foreign(uri: &str, hosts: &[&str]) -> Option<String> {
        let headers = hosts.iter().map(|host| (HOST, host.parse().unwrap())).collect();
        foreign_name(&uri.parse().unwrap(), &headers)
    }

    #[test]
    fn addresses_and_localhost_are_served_with_any_port() {
        for host in
            ["127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "192.0.2.7", "localhost", "LocalHost:80"]
        {
            assert_eq!(foreign("/", &[host]), None, "{host}");
            assert_eq!(foreign(&format!("http://{host}/"), &[]), None, "{host}");
        }
    }

    #[test]
    fn any_other_name_is_refused_wherever_it_stands() {
        for host in ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            assert_eq!(foreign("/", &[host]).as_deref(), Some(host));
            assert!(foreign(&format!("http://{host}/"), &["localhost"]).is_some(), "{host}");
            assert!(foreign("http://localhost/", &["localhost", host]).is_some(), "{host}");
        }
        assert!(foreign("/", &[""]).is_some());
        assert!(foreign("/", &["localhost@evil.example"]).is_some());
    }

    #[test]
    fn a_request_that_names_no_host_is_served() {
        assert_eq!(foreign("/", &[]), None);
    }

    proptest! {
        #[test]
        fn any_host_is_judged(host in "\\PC*") {
            let _: bool = is_local(&host);
        }
    }
}
