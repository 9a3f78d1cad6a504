//! HTTP checks.

use super::{LONG, SOON, by_name, nowhere, probe, target};
use crate::sources::uptime::body::BodyConditions;
use crate::sources::uptime::config::{Check, HttpCheck, Thresholds};
use crate::sources::uptime::http::MAX_HEAD_BYTES;
use crate::sources::uptime::probe::Prober;
use crate::sources::uptime::request::Sends;
use crate::sources::uptime::status::StatusRange;
use crate::target::Target as _;
use axum::Router;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{any, get};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use watchkeeper_http_client::Access;
use watchkeeper_test_kit::{serve, serve_always, serve_slowly};

pub(super) fn http(url: &str) -> HttpCheck {
    HttpCheck {
        url: url.parse().unwrap(),
        expect: vec![StatusRange::SUCCESS],
        max_redirects: 2,
        allow_local_redirects: false,
        proxy: None,
        sends: Sends::default(),
        conditions: BodyConditions::default(),
        access: Access::default(),
    }
}

#[tokio::test]
async fn a_url_that_answers_as_expected_is_up_with_latency_and_status() {
    let url = serve_always("well").await;
    let mut target = target(Check::Http(http(&url)), Thresholds { failures: 1, successes: 1 });
    let samples = target.collect().await.unwrap();
    let values = by_name(&samples);
    assert_eq!((values["availability_percent"], values["http_status"], values.len()), (100.0, 200.0, 3));
    assert!(values["latency_seconds"] > 0.0 && values["latency_seconds"] < LONG.as_secs_f64());
}

#[tokio::test]
async fn an_answer_with_another_status_is_down_but_has_a_latency() {
    for status in [401, 403, 404, 429, 500, 503] {
        let url = serve_always(StatusCode::from_u16(status).unwrap()).await;
        let found = probe(&Check::Http(http(&url))).await;
        assert_eq!(found.failure, Some(format!("answered {status}, expected 2xx")));
        assert_eq!(found.status, Some(status));
        assert!(found.latency.is_some());
        let expected = vec!["2xx".parse().unwrap(), status.to_string().parse().unwrap()];
        assert_eq!(probe(&Check::Http(HttpCheck { expect: expected, ..http(&url) })).await.failure, None);
    }
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_bound() {
    let to = |path: &'static str| get(move || async move { Redirect::temporary(path) });
    let routes =
        Router::new().route("/1", to("/2")).route("/2", to("/3")).route("/3", get(|| async { "end" }));
    let url = serve(routes).await + "/1";
    let following = |max_redirects| Check::Http(HttpCheck { max_redirects, ..http(&url) });
    assert_eq!(probe(&following(2)).await.status, Some(200));
    let failure = async |max_redirects| probe(&following(max_redirects)).await.failure.unwrap();
    assert_eq!(failure(1).await, "answered 307 after 1 redirects, which is `max_redirects`, expected 2xx");
    assert_eq!(failure(0).await, "answered 307, expected 2xx");
}

/// A server that answers 302 with this `Location`.
async fn redirecting(location: &[u8]) -> String {
    serve_always((StatusCode::FOUND, [(LOCATION, HeaderValue::from_bytes(location).unwrap())])).await
}

#[tokio::test]
async fn a_redirect_that_leads_to_no_server_is_down_and_says_why() {
    for (location, why) in [
        (&b"file:///etc/passwd"[..], "and redirects to file:, which is not HTTP"),
        (b"ftp://files.test/", "and redirects to ftp:, which is not HTTP"),
        (b"javascript:alert(1)", "and redirects to javascript:, which is not HTTP"),
        (b"", "without a Location"),
        (b"http://[::1", "with a Location that is not a URL"),
        (b"/\xff", "with a Location that is not a URL"),
    ] {
        let url = redirecting(location).await;
        let found = probe(&Check::Http(http(&url))).await;
        assert_eq!(found.failure.unwrap(), format!("answered 302 {why}, expected 2xx"));
        assert_eq!(found.status, Some(302));
        let expected = vec!["3xx".parse().unwrap()];
        assert_eq!(probe(&Check::Http(HttpCheck { expect: expected, ..http(&url) })).await.failure, None);
    }
}

#[tokio::test]
async fn a_redirect_in_a_circle_is_down() {
    let found = probe(&Check::Http(http(&redirecting(b"/").await))).await;
    assert_eq!(
        found.failure.as_deref(),
        Some("answered 302 after 2 redirects, which is `max_redirects`, expected 2xx")
    );
}

#[tokio::test]
async fn a_redirect_without_a_location_that_is_expected_is_up() {
    let url = serve_always(StatusCode::FOUND).await;
    let check = HttpCheck { expect: vec!["3xx".parse().unwrap()], ..http(&url) };
    let found = probe(&Check::Http(check)).await;
    assert_eq!((found.failure, found.status), (None, Some(302)));
}

#[tokio::test]
async fn a_redirect_that_says_only_the_query_keeps_the_path() {
    let start = |uri: Uri| async move {
        match uri.query() {
            Some("lang=en") => StatusCode::OK.into_response(),
            _ => (StatusCode::FOUND, [(LOCATION, "?lang=en")]).into_response(),
        }
    };
    let url = serve(Router::new().route("/shop/start", get(start))).await + "/shop/start";
    assert_eq!(probe(&Check::Http(http(&url))).await.failure, None);
}

#[tokio::test]
async fn a_cookie_that_a_redirect_sets_is_brought_along() {
    let page = |headers: HeaderMap| async move {
        match headers.get(COOKIE).map(HeaderValue::as_bytes) {
            Some(b"seen=1") => StatusCode::OK.into_response(),
            _ => (StatusCode::FOUND, [(SET_COOKIE, "seen=1; Path=/"), (LOCATION, "/")]).into_response(),
        }
    };
    let url = serve(Router::new().route("/", get(page))).await;
    assert_eq!(probe(&Check::Http(http(&url))).await.failure, None);
}

#[tokio::test]
async fn a_redirect_reaches_another_kind_of_address_only_where_the_target_allows_it() {
    let end = serve_always("end").await;
    // Linux takes this for loopback.
    let unspecified = end.replace("127.0.0.1", "0.0.0.0");
    let url = redirecting(unspecified.as_bytes()).await;
    let found = probe(&Check::Http(http(&url))).await;
    assert_eq!(
        found.failure.as_deref(),
        Some(
            "answered 302 and redirects to a reserved address, which requires `allow_local_redirects = \
             true`, expected 2xx"
        )
    );
    let allowed = HttpCheck { allow_local_redirects: true, ..http(&url) };
    assert_eq!(probe(&Check::Http(allowed)).await.failure, None);

    let metadata = redirecting(b"http://169.254.169.254/latest/meta-data/").await;
    let failure = probe(&Check::Http(http(&metadata))).await.failure.unwrap();
    assert!(failure.contains("a link-local or cloud metadata address"), "{failure}");
    let within_loopback = redirecting(end.replace("127.0.0.1", "localhost").as_bytes()).await;
    assert_eq!(probe(&Check::Http(http(&within_loopback))).await.failure, None);
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let url = serve_slowly("begun").await;
    assert_eq!(probe(&Check::Http(http(&url))).await.failure, None);
}

#[tokio::test]
async fn a_head_is_read_up_to_its_bound() {
    let with_header = |bytes: usize| serve_always(([("x-long", "x".repeat(bytes))], "well"));
    let fits = with_header(MAX_HEAD_BYTES - 1024).await;
    assert_eq!(probe(&Check::Http(http(&fits))).await.failure, None);
    let too_long = with_header(MAX_HEAD_BYTES).await;
    assert!(probe(&Check::Http(http(&too_long))).await.failure.is_some());
}

#[tokio::test]
async fn a_server_that_never_answers_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let check = Check::Http(http(&format!("http://{}", listener.local_addr().unwrap())));
    let found = Prober::new().probe(&check, SOON).await.unwrap();
    assert_eq!(found.failure.as_deref(), Some("no answer within 200 ms"));
    assert_eq!((found.latency, found.status), (None, None));
}

#[tokio::test]
async fn a_server_that_refuses_or_hangs_up_or_speaks_something_else_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hangs_up = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let mut request = [0; 16];
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut request).await.unwrap();
        }
    });
    for address in [nowhere().await, hangs_up] {
        let found = probe(&Check::Http(http(&format!("http://{address}/?key=s3cret")))).await;
        let reason = found.failure.unwrap();
        let known = ["connection refused", "connection reset", "connection closed without an answer"];
        assert!(known.contains(&&*reason), "{reason}");
    }
}

#[tokio::test]
async fn method_headers_and_body_reach_the_target_and_a_redirect_elsewhere_gets_no_secret() {
    let echo = |method: Method, headers: HeaderMap, body: String| async move {
        let shown = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        format!("{method} {:?} {:?} {body}", shown("x-a"), shown("authorization"))
    };
    let elsewhere = serve(Router::new().route("/", any(echo))).await;
    let there = elsewhere.clone();
    let moved = move || async move { Redirect::temporary(&there) };
    let url = serve(Router::new().route("/", any(echo)).route("/moved", any(moved))).await;
    let access = Access {
        headers: [("x-a".to_owned(), "1".to_owned())].into(),
        authorization: Some("Bearer s3cret".to_owned().into()),
        ..Access::default()
    };
    let with_body = Sends { method: Method::PUT, body: Some("hello".to_owned()) };
    let without = Sends { method: Method::PUT, body: None };
    let expecting =
        |text: &str| BodyConditions { contains: Some(text.to_owned()), ..BodyConditions::default() };
    let whole = r#"PUT Some("1") Some("Bearer s3cret") hello"#;
    let moved = HttpCheck { sends: with_body.clone(), ..http(&format!("{url}/moved")) };
    let refused = "answered 307 and redirects to another origin, which does not get `body`, expected 2xx";
    assert_eq!(probe(&Check::Http(moved)).await.failure.as_deref(), Some(refused));
    for (path, sends, expected) in [("/", with_body, whole), ("/moved", without, "PUT None None ")] {
        let check = HttpCheck {
            sends,
            access: access.clone(),
            conditions: expecting(expected),
            ..http(&format!("{url}{path}"))
        };
        assert_eq!(probe(&Check::Http(check)).await.failure, None, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_as_expected_is_down_with_status_and_reason() {
    let url = serve_always(r#"{"status":"degraded"}"#).await;
    let json = [("/status".to_owned(), "ok".to_owned())].into();
    let conditions = BodyConditions { json, ..BodyConditions::default() };
    let found = probe(&Check::Http(HttpCheck { conditions, ..http(&url) })).await;
    assert_eq!(found.failure.as_deref(), Some(r#"answered 200, but /status is "degraded", expected "ok""#));
    assert_eq!(found.status, Some(200));
}
