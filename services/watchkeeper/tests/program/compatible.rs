//! The gRPC port answers the clients of the platform before Watchkeeper.

use crate::running::Up;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_wire::proto::{api, cache};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn existing_clients_find_a_posted_sample_in_the_api_and_in_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let today = Window::Day.start(Timestamp::now()).to_string();
    let posted = format!(
        r#"{{"Source":"github","Name":"forks","Value":17,"Labels":{{"id":7}},"CollectedAt":"{today}"}}"#
    );
    assert_eq!(up.post_samples(&posted), Some(202));
    up.wait_for("/v1/samples?source=github", |answer| answer.contains("forks"));
    let endpoint = format!("http://{}", up.grpc);

    let mut api = api::metrics_service_client::MetricsServiceClient::connect(endpoint.clone()).await.unwrap();
    let request = api::GetMetricsRequest { source: "github".into(), name: "forks".into(), limit: 10 };
    let metrics = api.get_metrics(request).await.unwrap().into_inner().metrics;
    assert_eq!((metrics.len(), metrics[0].value, metrics[0].labels["id"].as_str()), (1, 17.0, "7"));
    assert_eq!(metrics[0].collected_at, today);

    let mut cache = cache::cache_service_client::CacheServiceClient::connect(endpoint).await.unwrap();
    let request = cache::GetMetricRequest { source: "github".into(), name: "forks".into() };
    let metric = cache.get_metric(request).await.unwrap().into_inner().metric;
    assert_eq!(metric.map(|metric| metric.value), Some(17.0));
    let request = cache::GetMetricRequest { source: "github".into(), name: "unknown".into() };
    assert_eq!(cache.get_metric(request).await.unwrap().into_inner().metric, None);
}
