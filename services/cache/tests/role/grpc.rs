//! `cache.CacheService`, by the bytes that clients of the previous platform send and read.

use crate::stage::{config, source};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request};
use futures_util::stream::iter;
use http_body_util::{BodyExt as _, Full};
use tonic::Code;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tower::ServiceExt as _;
use watchkeeper_cache::Cache;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Sample;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::grpc::Services;
use watchkeeper_runtime::http::{Access, Limits, Listener};
use watchkeeper_test_kit::{World, soon};
use watchkeeper_wire::proto::FILE_DESCRIPTOR_SET;

/// What the service takes for the present.
const NOW: &str = "2026-01-20T10:04:59Z";

/// A connection to the service, on a cache that holds `samples`.
async fn service(samples: &[Sample]) -> Channel {
    let world = World::new();
    world.cache(samples).await;
    let access = Access::open();
    let listener = Listener::bind("grpc.listen", "127.0.0.1:0".parse().unwrap(), &access).await.unwrap();
    let url = format!("http://{}", listener.address());
    let context = RoleContext::detached("cache");
    let source = source(&world);
    let config = Reloadable::new(config());
    let role = Cache::new(context.clone(), config, world.bus, source, world.latest, world.schedule).unwrap();
    let mut services = Services::new(context.roster().clone());
    services.add("cache", &Cache::SERVICES, role.grpc(&access, || NOW.parse().unwrap()));
    let grpc = services.router(FILE_DESCRIPTOR_SET, &access);
    drop(role);
    tokio::spawn(listener.serve(grpc, Limits::default(), RoleContext::detached("cache").shutdown().clone()));
    soon(Endpoint::from_shared(url).unwrap().connect()).await.unwrap()
}

/// Sends `message` in a frame; gives the bytes of the answer, and the gRPC status and message.
async fn get_metric(service: Channel, message: &[u8]) -> (Vec<u8>, String, String) {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let request = Request::post("/cache.CacheService/GetMetric")
        .header(CONTENT_TYPE, "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::from(frame)))
        .unwrap();
    let (head, body) = soon(service.oneshot(request)).await.unwrap().into_parts();
    let body = soon(body.collect()).await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    let of =
        |headers: &HeaderMap, name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let told = |name: &str| of(&trailers, name).or_else(|| of(&head.headers, name)).unwrap_or_default();
    let (code, text) = (told("grpc-status"), told("grpc-message"));
    (body.to_bytes().to_vec(), code, text)
}

fn sample(host: &str, at: &str, value: f64) -> Sample {
    watchkeeper_test_kit::sample("host/load", &[("host", host)], at.parse().unwrap(), value)
}

fn ok(bytes: &[u8]) -> (Vec<u8>, String, String) {
    (bytes.to_vec(), "0".to_owned(), String::new())
}

/// `source` (field 1) and `name` (2).
const REQUEST: &[u8] = b"\x0a\x04host\x12\x04load";

/// A frame of 58 bytes, in it field 1 of 56: 1 source, 2 name, 3 value (1.5), 4 an entry of labels, 5 time.
const ANSWER: &[u8] = b"\0\0\0\0\x38\x0a\x36\
    \x0a\x04host\x12\x04load\x19\0\0\0\0\0\0\xf8\x3f\x22\x09\x0a\x04host\x12\x01a\x2a\x14\
    2026-01-20T10:00:00Z";

#[tokio::test]
async fn get_metric_answers_with_the_newest_of_all_series_of_that_name() {
    let (older, newest) =
        (sample("b", "2026-01-20T09:59:59Z", 2.0), sample("a", "2026-01-20T10:00:00Z", 1.5));
    assert_eq!(get_metric(service(&[older, newest]).await, REQUEST).await, ok(ANSWER));
}

#[tokio::test]
async fn get_metric_looks_at_every_series_however_many_there_are() {
    let older = |index| sample(&format!("0{index:05}"), "2026-01-20T09:00:00Z", 0.0);
    let mut samples: Vec<_> = (0..2_000).map(older).collect();
    samples.push(sample("a", "2026-01-20T10:00:00Z", 1.5));
    assert_eq!(get_metric(service(&samples).await, REQUEST).await, ok(ANSWER));
}

#[tokio::test]
async fn get_metric_answers_with_an_empty_message_when_there_is_none() {
    assert_eq!(get_metric(service(&[]).await, REQUEST).await, ok(&[0; 5]));
}

#[tokio::test]
async fn get_metric_answers_with_an_empty_message_when_the_cache_before_had_forgotten_the_value() {
    let samples = [sample("a", "2026-01-20T09:59:58Z", 1.5), sample("b", "2026-01-20T09:59:59Z", 1.5)];
    assert_eq!(get_metric(service(&samples).await, REQUEST).await, ok(&[0; 5]));
}

#[tokio::test]
async fn a_source_that_no_series_has_is_an_invalid_argument() {
    let (bytes, code, told) = get_metric(service(&[]).await, b"\x12\x04load").await;
    assert_eq!((bytes.len(), code.as_str()), (0, "3"));
    assert_eq!(told.replace("%20", " "), "source: must have 1 to 64 bytes, is empty");
}

#[tokio::test]
async fn health_and_reflection_tell_of_this_service_and_no_other() {
    let service = service(&[]).await;
    let mut reflection = ServerReflectionClient::new(service.clone());
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let answers = soon(reflection.server_reflection_info(iter([request]))).await.unwrap();
    let answer = soon(answers.into_inner().message()).await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["cache.CacheService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]);

    let mut health = HealthClient::new(service);
    let mut check = async |name: &str| {
        let request = HealthCheckRequest { service: name.to_owned() };
        soon(health.check(request))
            .await
            .map(|answer| answer.into_inner().status())
            .map_err(|error| error.code())
    };
    // The role does not run.
    for name in ["", "cache.CacheService"] {
        assert_eq!(check(name).await, Ok(ServingStatus::NotServing));
    }
    assert_eq!(check("api.MetricsService").await, Err(Code::NotFound));
}

#[tokio::test]
async fn a_question_past_the_limit_is_refused() {
    const RESOURCE_EXHAUSTED: &str = "8";
    let (_, code, _) = get_metric(service(&[]).await, &vec![0; Limits::BODY_BYTES + 1]).await;
    assert_eq!(code, RESOURCE_EXHAUSTED);
}
