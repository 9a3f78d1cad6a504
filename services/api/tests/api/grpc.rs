//! The gRPC API, with tonic clients over loopback.

use crate::away::away;
use crate::platform::{Platform, at, ports, sample, soon};
use axum::http::Request;
use http_body_util::{BodyExt as _, Full};
use std::collections::BTreeSet;
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1 as reflection, v1alpha as old_reflection};
use tower::ServiceExt as _;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::{RangeQuery, Sample, Timestamp};
use watchkeeper_runtime::http::{Access, Limits};
use watchkeeper_test_kit::World;
use watchkeeper_wire::proto::v1;
use watchkeeper_wire::proto::v1::metrics_client::MetricsClient;

async fn client(platform: &Platform) -> MetricsClient<Channel> {
    MetricsClient::new(platform.channel().await)
}

fn of(source: &str) -> v1::SeriesFilter {
    v1::SeriesFilter { source: source.to_owned(), ..v1::SeriesFilter::default() }
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, message: &str) {
    let status = answer.unwrap_err();
    assert_eq!((status.code(), status.message()), (code, message));
}

#[tokio::test]
async fn paging_to_the_end_gives_every_series_once() {
    let platform = Platform::start().await;
    let samples: Vec<Sample> =
        (0..5).map(|index| sample("host", "load", &format!("h{index}"), &at("10:00:00"), 1.0)).collect();
    platform.store(&samples).await;
    let mut client = client(&platform).await;
    let (mut hosts, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListSeriesRequest { filter: Some(of("host")), page_size: 2, page_token };
        let page = client.list_series(request).await.unwrap().into_inner();
        hosts.extend(page.series.into_iter().map(|series| series.labels["host"].clone()));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(hosts, ["h0", "h1", "h2", "h3", "h4"]);
}

#[tokio::test]
async fn the_same_is_answered_as_over_http() {
    let platform = Platform::start().await;
    let (old, new) = (
        sample("host", "load", "a", &at("10:00:00"), 1.0),
        sample("host", "load", "a", &at("10:00:01"), 2.0),
    );
    platform.store(&[old.clone(), new.clone()]).await;
    let mut client = client(&platform).await;

    let latest = v1::GetLatestRequest { filter: Some(of("host")), ..v1::GetLatestRequest::default() };
    let latest = client.get_latest(latest).await.unwrap().into_inner();
    assert_eq!(latest.samples, [v1::Sample::from(&new)]);

    let newest =
        client.get_samples(v1::GetSamplesRequest { filter: None, limit: 0 }).await.unwrap().into_inner();
    assert_eq!(newest.samples, [v1::Sample::from(&new), v1::Sample::from(&old)]);

    let window = |at: &Timestamp| prost_types::Timestamp { seconds: at.as_micros() / 1_000_000, nanos: 0 };
    let range = v1::GetRangeRequest {
        filter: Some(of("host")),
        from: Some(window(&old.collected_at)),
        to: Some(window(&new.collected_at.plus(RangeQuery::MIN_STEP))),
        step: Some(prost_types::Duration { seconds: 10, nanos: 0 }),
        aggregate: v1::Aggregate::Sum.into(),
    };
    let range = client.get_range(range).await.unwrap().into_inner();
    assert_eq!((range.series[0].points[0].value, range.series_limit), (3.0, 0));
}

#[tokio::test]
async fn a_sample_that_is_published_after_the_stream_began_is_delivered() {
    let platform = Platform::start().await;
    let mut client = client(&platform).await;
    let request = v1::StreamSamplesRequest { filter: Some(of("host")) };
    let mut stream = soon(client.stream_samples(request)).await.unwrap().into_inner();
    let heard = sample("host", "load", "a", &at("10:00:00"), 1.0);
    platform.publish(&[sample("edge", "load", "a", &at("10:00:00"), 2.0), heard.clone()]).await;
    let message = soon(stream.message()).await.unwrap().unwrap();
    assert_eq!((message.samples, message.skipped), (vec![v1::Sample::from(&heard)], 0));
    platform.stop().await;
    assert!(soon(stream.message()).await.unwrap().is_none(), "it ends with the role");
}

#[tokio::test]
async fn a_bad_request_is_refused_by_the_name_of_the_field() {
    let platform = Platform::with(ApiConfig { streams: 1, ..ApiConfig::default() }).await;
    let mut client = client(&platform).await;
    let invalid = Code::InvalidArgument;
    let request = v1::ListSeriesRequest { page_size: 1001, ..v1::ListSeriesRequest::default() };
    assert_refused(client.list_series(request).await, invalid, "page_size: must be from 1 to 1000, is 1001");
    let request = v1::GetLatestRequest { filter: Some(of("a b")), ..v1::GetLatestRequest::default() };
    let expected = "filter.source: may have only letters, digits and any of _.:- but has ' '";
    assert_refused(client.get_latest(request).await, invalid, expected);
    let request = v1::GetSamplesRequest { filter: None, limit: -1 };
    assert_refused(client.get_samples(request).await, invalid, "limit: must be from 1 to 10000, is -1");
    assert_refused(client.get_range(v1::GetRangeRequest::default()).await, invalid, "from: is missing");
    let _open = soon(client.stream_samples(v1::StreamSamplesRequest::default())).await.unwrap();
    let refused = client.stream_samples(v1::StreamSamplesRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.message().starts_with("1 streams are open, which is the limit"), "{refused}");
}

#[tokio::test]
async fn without_a_store_the_caller_is_told_to_ask_again() {
    let world = World::new();
    world.samples.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    let answer = client(&platform).await.list_series(v1::ListSeriesRequest::default()).await;
    assert_refused(answer, Code::Unavailable, "the store is not available");
}

async fn health(platform: &Platform, service: &str) -> ServingStatus {
    let mut client = HealthClient::new(platform.channel().await);
    let request = HealthCheckRequest { service: service.to_owned() };
    soon(client.check(request)).await.unwrap().into_inner().status()
}

#[tokio::test]
async fn a_role_that_is_ready_is_serving() {
    let platform = Platform::start().await;
    let mut client = HealthClient::new(platform.channel().await);
    for service in ["", "watchkeeper.v1.Metrics", "api.MetricsService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut watch = soon(client.watch(request)).await.unwrap().into_inner();
        while soon(watch.message()).await.unwrap().unwrap().status() != ServingStatus::Serving {}
        assert_eq!(health(&platform, service).await, ServingStatus::Serving);
    }
}

#[tokio::test]
async fn a_role_without_its_store_is_not_serving() {
    let world = World::new();
    world.samples.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    assert_eq!(health(&platform, "").await, ServingStatus::NotServing);
}

#[tokio::test]
async fn reflection_lists_what_is_served_here_in_both_versions() {
    let platform = Platform::start().await;
    let channel = platform.channel().await;
    let own =
        ["api.MetricsService", "grpc.health.v1.Health", "watchkeeper.v1.Events", "watchkeeper.v1.Metrics"];

    let mut client = reflection::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let list = reflection::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = reflection::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut answers =
        client.server_reflection_info(futures_util::stream::iter([request])).await.unwrap().into_inner();
    let answer = soon(answers.message()).await.unwrap().unwrap().message_response;
    let Some(reflection::server_reflection_response::MessageResponse::ListServicesResponse(list)) = answer
    else {
        panic!("a list of services, not {answer:?}")
    };
    let names: BTreeSet<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, own.into_iter().chain(["grpc.reflection.v1.ServerReflection"]).collect());

    let mut client = old_reflection::server_reflection_client::ServerReflectionClient::new(channel);
    let list = old_reflection::server_reflection_request::MessageRequest::ListServices(String::new());
    let request =
        old_reflection::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut answers =
        client.server_reflection_info(futures_util::stream::iter([request])).await.unwrap().into_inner();
    let answer = soon(answers.message()).await.unwrap().unwrap().message_response;
    let Some(old_reflection::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answer
    else {
        panic!("a list of services, not {answer:?}")
    };
    let names: BTreeSet<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, own.into_iter().chain(["grpc.reflection.v1alpha.ServerReflection"]).collect());
}

/// Sends a body of these bytes; returns the gRPC status and its message.
async fn ask_with(channel: &Channel, path: &str, encoding: &str, body: Vec<u8>) -> (String, String) {
    let request = Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    let request = request.header("grpc-encoding", encoding).body(Body::new(Full::from(body))).unwrap();
    let (head, body) = soon(channel.clone().oneshot(request)).await.unwrap().into_parts();
    let trailers = soon(body.collect()).await.unwrap().trailers().cloned().unwrap_or_default();
    let text = |name: &str| head.headers.get(name).or(trailers.get(name)).map(|text| text.to_str().unwrap());
    (text("grpc-status").unwrap().to_owned(), text("grpc-message").unwrap_or_default().to_owned())
}

/// The beginning of a message of so many bytes.
fn prefix(flag: u8, bytes: usize) -> Vec<u8> {
    [&[flag][..], &u32::try_from(bytes).unwrap().to_be_bytes()].concat()
}

const INVALID_ARGUMENT: &str = "3";
const RESOURCE_EXHAUSTED: &str = "8";
const UNIMPLEMENTED: &str = "12";

/// One method of each service that takes one message.
const METHODS: [&str; 4] = [
    "/watchkeeper.v1.Metrics/ListSeries",
    "/watchkeeper.v1.Metrics/StreamSamples",
    "/api.MetricsService/GetMetric",
    "/grpc.health.v1.Health/Check",
];

#[tokio::test]
async fn a_question_past_the_limit_is_refused_before_it_is_read() {
    let platform = Platform::start().await;
    let channel = platform.channel().await;
    for path in METHODS {
        let ask = async |bytes| ask_with(&channel, path, "identity", prefix(0, bytes)).await;
        let (status, message) = ask(Limits::BODY_BYTES + 1).await;
        assert_eq!(status, RESOURCE_EXHAUSTED, "{path}");
        assert!(message.contains(&Limits::BODY_BYTES.to_string()), "{message}");
        // This size is accepted; here the body is incomplete.
        assert_eq!(ask(Limits::BODY_BYTES).await.0, INVALID_ARGUMENT, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_the_fault_of_the_caller_and_says_so() {
    let platform = Platform::start().await;
    let channel = platform.channel().await;
    let message = |flag, bytes: &[u8]| [prefix(flag, bytes.len()), bytes.to_vec()].concat();
    for path in METHODS {
        for body in [
            message(0, b"\xff\xff\xff\xff"),
            message(0, b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
            message(0, b"\x0a\x01\xff"),
            message(7, b""),
            message(1, b""),
            prefix(0, 10),
            prefix(0, 10)[..3].to_vec(),
            b"GET / HTTP/1.1\r\n".to_vec(),
            Vec::new(),
        ] {
            let (status, message) = ask_with(&channel, path, "identity", body.clone()).await;
            assert_eq!(status, INVALID_ARGUMENT, "{path} {body:?}: {message}");
            assert!(message.starts_with("the%20request%20cannot%20be%20read:%20"), "{message}");
        }
    }
}

#[tokio::test]
async fn what_is_not_offered_is_unimplemented() {
    let platform = Platform::start().await;
    let channel = platform.channel().await;
    for path in ["/watchkeeper.v1.Metrics/Nothing", "/no.such.Service/Call", "/"] {
        assert_eq!(ask_with(&channel, path, "identity", prefix(0, 0)).await.0, UNIMPLEMENTED, "{path}");
    }
    for encoding in ["gzip", "br", "nonsense"] {
        for path in METHODS {
            assert_eq!(ask_with(&channel, path, encoding, prefix(1, 0)).await.0, UNIMPLEMENTED, "{encoding}");
        }
    }
}

#[tokio::test]
async fn a_fault_of_this_side_stays_one() {
    let world = World::new();
    world.samples.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    let channel = platform.channel().await;
    let (status, message) =
        ask_with(&channel, "/watchkeeper.v1.Metrics/ListSeries", "identity", prefix(0, 0)).await;
    assert_eq!((&*status, &*message), ("14", "the%20store%20is%20not%20available"));
}
