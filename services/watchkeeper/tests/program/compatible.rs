//! The previous platform finds here what it asks for.

use crate::running::{Up, agent};
use futures_util::stream::iter;
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use watchkeeper_domain::Timestamp;
use watchkeeper_wire::proto::{api, cache};

/// A sample of GitHub of this age is no longer in the cache of the previous platform, which keeps it for 10
/// minutes.
const FORGOTTEN: Duration = Duration::from_secs(20 * 60);

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn existing_clients_find_a_posted_sample_in_the_api_and_in_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let now = Timestamp::now();
    let earlier = now.minus(FORGOTTEN);
    let posted = |name: &str, at: Timestamp| {
        format!(
            r#"{{"Source":"GitHub","Name":"{name}","Value":17,"Labels":{{"id":7}},"CollectedAt":"{at}"}}"#
        )
    };
    assert_eq!(
        up.post_samples(&format!("[{},{}]", posted("forks", now), posted("stars", earlier))),
        Some(202)
    );
    for name in ["forks", "stars"] {
        up.wait_for("/v1/samples?source=GitHub", |answer| answer.contains(name));
        up.wait_for("/v1/latest?source=GitHub", |answer| answer.contains(name));
    }
    let endpoint = format!("http://{}", up.grpc);

    let mut api = api::metrics_service_client::MetricsServiceClient::connect(endpoint.clone()).await.unwrap();
    let request = api::GetMetricsRequest { source: "GitHub".into(), name: "forks".into(), limit: 10 };
    let metrics = api.get_metrics(request).await.unwrap().into_inner().metrics;
    assert_eq!((metrics.len(), metrics[0].value, metrics[0].labels["id"].as_str()), (1, 17.0, "7"));
    assert_eq!(metrics[0].collected_at, now.to_string());

    let mut cache = cache::cache_service_client::CacheServiceClient::connect(endpoint).await.unwrap();
    let mut cached = async |name: &str| {
        let request = cache::GetMetricRequest { source: "GitHub".into(), name: name.into() };
        cache.get_metric(request).await.unwrap().into_inner().metric.map(|metric| metric.value)
    };
    assert_eq!(cached("forks").await, Some(17.0));
    assert_eq!(cached("unknown").await, None);
    assert_eq!(cached("stars").await, None, "their cache would have forgotten it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn health_and_reflection_tell_of_every_service_that_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let endpoint = format!("http://{}", up.grpc);
    let channel = Endpoint::from_shared(endpoint).unwrap().connect().await.unwrap();
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut answers = reflection.server_reflection_info(iter([request])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    let names: BTreeSet<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    let served = [
        "api.MetricsService",
        "cache.CacheService",
        "opentelemetry.proto.collector.logs.v1.LogsService",
        "watchkeeper.v1.Events",
        "watchkeeper.v1.Metrics",
    ];
    let telling = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    assert_eq!(names, served.into_iter().chain(telling).collect());

    let mut health = HealthClient::new(channel);
    for service in served.into_iter().chain([""]) {
        let request = HealthCheckRequest { service: service.to_owned() };
        let status = health.check(request).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
    }
}

#[test]
fn healthz_is_answered_without_a_token() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    let token =
        format!("[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = \"{}\"\n", "0".repeat(64));
    fs::write(&config, token).unwrap();
    let up = Up::start_with(&dir.path().join("data"), |command| {
        command.arg("--config").arg(&config);
    });
    let get = |path: &str| agent().get(format!("{}{path}", up.url)).call().unwrap();
    let mut answer = get("/healthz");
    assert_eq!((answer.status().as_u16(), answer.body_mut().read_to_string().unwrap().as_str()), (200, "OK"));
    assert_eq!(get("/livez").status().as_u16(), 200);
    assert_eq!(get("/readyz").status().as_u16(), 401);
}
