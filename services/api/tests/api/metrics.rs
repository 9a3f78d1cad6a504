//! The metrics of the api.

use crate::platform::{Platform, ports, soon};
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use prometheus::TextEncoder;
use tonic::Request;
use tonic::client::Grpc;
use tower::ServiceExt as _;
use watchkeeper_api::ApiConfig;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;
use watchkeeper_wire::proto::v1::{ListSeriesRequest, ListSeriesResponse};

/// Calls a gRPC method that may not exist.
async fn call(platform: &Platform, path: &'static str) {
    let mut grpc = Grpc::new(platform.channel().await);
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<ListSeriesRequest, ListSeriesResponse>::default();
    let request = Request::new(ListSeriesRequest { page_size: -1, ..ListSeriesRequest::default() });
    grpc.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
}

#[tokio::test]
async fn questions_are_counted_by_route_and_status_whatever_path_is_asked() {
    let platform = Platform::start().await;
    platform.answer("/v1/series").await;
    platform.refusal("/v1/series?limit=0").await;
    for id in ["metrics.dead-0-1", "metrics.dead-0-2"] {
        platform.get(&format!("/v1/dead-letters/{id}")).await;
    }
    call(&platform, "/watchkeeper.v1.Metrics/ListSeries").await;
    call(&platform, "/watchkeeper.v1.Metrics/Anything").await;
    call(&platform, "/watchkeeper.v1.Metrics/AnythingElse").await;
    let text = TextEncoder::new().encode_to_string(&platform.context.registry().gather()).unwrap();
    let counted = |route: &str, status: &str| {
        let series = format!("watchkeeper_api_requests_total{{route=\"{route}\",status=\"{status}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&series))
    };
    assert_eq!(counted("/v1/series", "200"), Some("1"));
    assert_eq!(counted("/v1/series", "400"), Some("1"));
    assert_eq!(counted("/v1/dead-letters/{id}", "404"), Some("2"));
    assert_eq!(counted("/watchkeeper.v1.Metrics/ListSeries", "InvalidArgument"), Some("1"));
    assert_eq!(counted("/watchkeeper.v1.Metrics/{*rest}", "Unimplemented"), Some("2"));
    assert!(text.contains("watchkeeper_api_request_seconds_count{route=\"/v1/series\"} 2"));
}

#[tokio::test]
async fn a_call_whose_time_was_over_is_counted_as_one() {
    let world = World::new();
    world.samples.hold("series");
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    let request = axum::http::Request::post("/watchkeeper.v1.Metrics/ListSeries")
        .header(CONTENT_TYPE, "application/grpc")
        .header("grpc-timeout", "0n")
        .body(Body::from(&[0; 5][..]))
        .unwrap();
    let answer = soon(platform.grpc.clone().oneshot(request)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    let text = TextEncoder::new().encode_to_string(&platform.context.registry().gather()).unwrap();
    let counted = r#"watchkeeper_api_requests_total{route="/watchkeeper.v1.Metrics/{*rest}",status="DeadlineExceeded"} 1"#;
    assert!(text.contains(counted), "{text}");
}
