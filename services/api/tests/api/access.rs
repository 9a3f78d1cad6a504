//! Tokens and scopes.

use crate::platform::{Platform, ports, soon};
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use prometheus::TextEncoder;
use tower::ServiceExt as _;
use watchkeeper_api::ApiConfig;
use watchkeeper_config::Document;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::http::token::{self, Tokens};
use watchkeeper_test_kit::World;

#[tokio::test]
async fn reading_needs_the_scope_read_and_changing_the_scope_admin() {
    let tokens = ["ingest", "read", "admin"].map(|scope| (scope, token::generate().unwrap()));
    let section = |(scope, (_, sha256)): &(&str, (String, String))| {
        format!("[[token]]\nname = \"{scope}\"\nscopes = [\"{scope}\"]\nsha256 = \"{sha256}\"\n")
    };
    let config = tokens.each_ref().map(section).concat();
    let access = Access::new(Document::parse("test.toml", &config).unwrap().read(Tokens::read).unwrap());
    let world = World::new();
    let platform = Platform::on(ports(&world), ApiConfig::default(), &access);

    let [ingest, read, admin] = &tokens.map(|(_, (token, _))| token);
    let asked = async |method: &Method, path: &str, token: Option<&String>| {
        let mut request =
            Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        platform.send(request.body(Body::from("{\"all\":true}")).unwrap()).await.0
    };
    for path in [
        "/v1/series",
        "/v1/status",
        "/v1/dead-letters",
        "/v1/dead-letters/runs",
        "/v1/rules",
        "/v1/rules/busy/explain",
        "/v1/alerts",
        "/v1/silences",
        "/v1/incidents",
        "/v1/notifications",
        "/v1/events",
        "/v1/events/histogram",
        "/v1/events/export",
        "/openapi.json",
    ] {
        let statuses = [
            asked(&Method::GET, path, None).await,
            asked(&Method::GET, path, Some(ingest)).await,
            asked(&Method::GET, path, Some(read)).await,
            asked(&Method::GET, path, Some(admin)).await,
        ];
        assert_eq!(statuses.map(|status| status.as_u16()), [401, 403, 200, 200], "{path}");
    }
    let replay = "/v1/dead-letters/replay";
    assert_eq!(asked(&Method::POST, replay, None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(asked(&Method::POST, replay, Some(read)).await, StatusCode::FORBIDDEN);
    assert_eq!(asked(&Method::POST, replay, Some(admin)).await, StatusCode::OK);
    for (method, path) in
        [(Method::POST, "/v1/dead-letters/discard"), (Method::DELETE, "/v1/dead-letters/runs/x")]
    {
        assert_eq!(asked(&method, path, None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(asked(&method, path, Some(read)).await, StatusCode::FORBIDDEN);
    }

    for (method, path) in [
        (Method::POST, "/v1/silences"),
        (Method::POST, "/v1/incidents"),
        (Method::POST, "/v1/incidents/x/updates"),
        (Method::DELETE, "/v1/silences/x"),
        (Method::DELETE, "/v1/series?source=host"),
        (Method::POST, "/v1/alerts/acknowledge"),
        (Method::POST, "/v1/alerts/unacknowledge"),
        (Method::POST, "/v1/notifications/x/retry"),
    ] {
        assert_eq!(asked(&method, path, None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(asked(&method, path, Some(read)).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(asked(&Method::POST, "/v1/silences", Some(admin)).await, StatusCode::BAD_REQUEST);
    assert_eq!(asked(&Method::DELETE, "/v1/silences/x", Some(admin)).await, StatusCode::NOT_FOUND);

    for method in ["ListSeries", "Anything", "AnythingElse"] {
        let call = Request::post(format!("/watchkeeper.v1.Metrics/{method}"))
            .header(CONTENT_TYPE, "application/grpc")
            .body(Body::empty())
            .unwrap();
        soon(platform.grpc.clone().oneshot(call)).await.unwrap();
    }
    let metrics = TextEncoder::new().encode_to_string(&platform.context.registry().gather()).unwrap();
    for (route, status, count) in [
        ("/v1/series", "401", 2),
        ("/v1/series", "403", 2),
        (replay, "401", 1),
        (replay, "403", 1),
        ("/watchkeeper.v1.Metrics/{*rest}", "Unauthenticated", 3),
    ] {
        let counted =
            format!("watchkeeper_api_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}\n");
        assert!(metrics.contains(&counted), "no {counted} in\n{metrics}");
    }
}
