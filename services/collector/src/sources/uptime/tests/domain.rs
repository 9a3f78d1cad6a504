//! Domain checks of an RDAP server on loopback, in the shape of RFC 9083.

use super::{by_name, probe, target};
use crate::sources::uptime::config::{Check, Thresholds};
use crate::sources::uptime::domain::{DomainCheck, MAX_RDAP_BYTES};
use crate::sources::uptime::probe::{Finding, Prober};
use crate::target::{CollectError, Target as _};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use std::time::Duration;
use watchkeeper_test_kit::serve;

const LONG: Duration = Duration::from_secs(10);

fn until(date: &str) -> Response {
    let body = format!(
        r#"{{"objectClassName":"domain","handle":"D1-TEST","ldhName":"example.test","status":["active"],
        "events":[{{"eventAction":"registration","eventDate":"1995-08-31T04:00:00Z"}},
        {{"eventAction":"expiration","eventDate":"{date}"}}]}}"#
    );
    ([("content-type", "application/rdap+json")], body).into_response()
}

/// A registry, and a server that redirects to it as rdap.org does.
async fn rdap() -> String {
    let registry = async |Path(domain): Path<String>| match domain.as_str() {
        "example.test" => until("2120-08-30T04:00:00Z"),
        "late.test" => until("2020-08-30T04:00:00Z"),
        "undated.test" => r#"{"objectClassName":"domain"}"#.into_response(),
        "long.test" => "x".repeat(MAX_RDAP_BYTES + 1).into_response(),
        "busy.test" => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "120")]).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    let registry = serve(Router::new().route("/rdap/domain/{domain}", get(registry))).await;
    let bootstrap = async move |Path(domain): Path<String>| {
        if domain == "example.unknown" {
            return StatusCode::NOT_FOUND.into_response();
        }
        Redirect::temporary(&format!("{registry}/rdap/domain/{domain}")).into_response()
    };
    let round = get(|| async { Redirect::temporary("/domain/round.loop") });
    serve(Router::new().route("/domain/round.loop", round).route("/domain/{domain}", get(bootstrap))).await
}

fn check(rdap: &str, domain: &str) -> Check {
    Check::Domain(DomainCheck { domain: domain.to_owned(), rdap: rdap.parse().unwrap() })
}

async fn found(domain: &str) -> Finding {
    probe(&check(&rdap().await, domain)).await
}

async fn error(domain: &str) -> CollectError {
    Prober::new().probe(&check(&rdap().await, domain), LONG).await.unwrap_err()
}

#[tokio::test]
async fn the_days_of_a_registration_are_counted() {
    let mut target = target(check(&rdap().await, "example.test"), Thresholds { failures: 1, successes: 1 });
    let samples = target.collect().await.unwrap();
    let values = by_name(&samples);
    assert_eq!(values["availability_percent"], 100.0);
    assert!(values["domain_expires_in_days"] > 365.0 && values["latency_seconds"] > 0.0, "{values:?}");
}

#[tokio::test]
async fn a_registration_that_is_over_or_missing_is_down() {
    let late = found("late.test").await;
    let reason = late.failure.unwrap();
    assert!(reason.starts_with("registration ended ") && reason.ends_with(" days ago"), "{reason}");
    assert!(late.domain.is_some());
    assert_eq!(found("gone.test").await.failure.as_deref(), Some("the domain is not registered"));
}

#[tokio::test]
async fn a_server_that_does_not_say_says_nothing_about_the_domain() {
    for (domain, reason) in [
        ("undated.test", "unexpected answer: 127.0.0.1: does not say when the registration ends".to_owned()),
        ("long.test", format!("unexpected answer: 127.0.0.1 answered with more than {MAX_RDAP_BYTES} bytes")),
        ("example.unknown", "unexpected answer: 127.0.0.1 knows no registry for example.unknown".to_owned()),
        ("round.loop", "unexpected answer: RDAP redirects more than 4 times".to_owned()),
    ] {
        assert_eq!(error(domain).await.to_string(), reason);
    }
    let CollectError::Refused { reason, until: Some(_) } = error("busy.test").await else {
        panic!("a limit of requests is a refusal")
    };
    assert_eq!(reason, "127.0.0.1 answered 429");
}
