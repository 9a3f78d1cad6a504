//! OTLP over gRPC, by the client of tonic.

use super::message::{NANOS, export, record, request};
use super::{gzip, stage};
use crate::stage::{FOR_EVER, Stage, for_ever, others, taking_nothing};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;
use tower::ServiceExt as _;
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_ingest::{Ingest, IngestConfig, OfOtherRoles};
use watchkeeper_letters::Refused;
use watchkeeper_ports::EventBus;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::{Access, Tokens, token};
use watchkeeper_test_kit::unavailable;
use watchkeeper_wire::proto::opentelemetry::proto::collector::logs::v1::logs_service_client::LogsServiceClient;
use watchkeeper_wire::proto::opentelemetry::proto::logs::v1::LogRecord;

const PATH: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

fn routes(config: IngestConfig, bus: Arc<dyn EventBus>, kept: OfOtherRoles, access: &Access) -> Router {
    let (config, rules) = (Reloadable::new(config), Reloadable::new(RuleSet::default()));
    let context = RoleContext::detached("ingest");
    Ingest::new(context, config, rules, kept, bus, None, Refused::default()).unwrap().grpc(access)
}

fn on(stage: &Stage) -> Router {
    routes(IngestConfig::default(), stage.bus.clone(), for_ever(), &Access::open())
}

/// A message as a client frames it.
fn framed(is_compressed: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[is_compressed], &length[..], message].concat()
}

/// The message of the answer, and `grpc-status` from its trailers, or from its headers if it has no message.
async fn call(router: &Router, encoding: &str, body: Vec<u8>) -> (Vec<u8>, String) {
    let request = Request::post(PATH)
        .header("content-type", "application/grpc+proto")
        .header("grpc-encoding", encoding);
    let (head, body) =
        router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().into_parts();
    assert_eq!(
        (head.status.as_u16(), head.headers["content-type"].as_bytes()),
        (200, &b"application/grpc"[..])
    );
    let collected = body.collect().await.unwrap();
    let trailers: HeaderMap = collected.trailers().cloned().unwrap_or(head.headers);
    let status = trailers["grpc-status"].to_str().unwrap().to_owned();
    (collected.to_bytes().to_vec(), status)
}

#[tokio::test]
async fn a_client_exports_records_and_is_told_what_is_rejected() {
    let stage = stage();
    let mut client = LogsServiceClient::new(on(&stage));
    let answer = client.export(request(&[record("a"), record("b")])).await.unwrap().into_inner();
    assert_eq!(answer.partial_success, None);
    let events = stage.events(0).await;
    assert_eq!(events.iter().map(|event| event.message.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(events[0].occurred_at.to_string(), "2026-11-29T10:00:00Z");

    let month = Duration::from_secs(30 * 24 * 60 * 60);
    let kept = others(FOR_EVER, month);
    let router = routes(IngestConfig::default(), stage.bus.clone(), kept, &Access::open());
    let mut client = LogsServiceClient::new(router);
    let old = LogRecord { time_unix_nano: NANOS / 2, ..record("old") };
    let now = LogRecord { time_unix_nano: 0, ..record("now") };
    let answer = client.export(request(&[old.clone(), now])).await.unwrap().into_inner();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 1);
    assert!(partial.error_message.starts_with("1 of 2 refused; the first: log record 0: time: is "));
    let refused = client.export(request(&[old])).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_message_may_be_compressed() {
    let stage = stage();
    let (router, message) = (on(&stage), export(&[record("a")]));
    let zstd = zstd::encode_all(&*message, 1).unwrap();
    for (encoding, body) in [
        ("identity", framed(0, &message)),
        ("gzip", framed(1, &gzip(&message))),
        ("gzip", framed(0, &message)),
        ("zstd", framed(1, &zstd)),
    ] {
        assert_eq!(call(&router, encoding, body).await, (framed(0, b""), "0".to_owned()), "{encoding}");
    }
    assert_eq!(stage.events(0).await.len(), 4);
}

#[tokio::test]
async fn a_hostile_call_gets_a_status_with_a_reason() {
    let stage = stage();
    let config =
        IngestConfig { max_body: 2048, max_decompressed: 4096, max_items: 3, ..IngestConfig::default() };
    let router = routes(config, stage.bus.clone(), for_ever(), &Access::open());
    let message = export(&[record("a")]);
    let bomb = gzip(&[0; 8192]);
    for (name, encoding, body, status) in [
        ("nothing", "identity", Vec::new(), "3"),
        ("half a prefix", "identity", vec![0, 0, 0], "3"),
        ("a truncated message", "identity", framed(0, &message)[..20].to_vec(), "3"),
        ("two messages", "identity", [framed(0, &message), framed(0, &message)].concat(), "3"),
        ("a length of 4 GiB", "identity", vec![0, 0xff, 0xff, 0xff, 0xff], "3"),
        ("another flag", "identity", framed(2, &message), "3"),
        ("compressed without a word", "identity", framed(1, &gzip(&message)), "3"),
        ("another coding", "br", framed(1, &message), "3"),
        ("no gzip", "gzip", framed(1, &message), "3"),
        ("truncated protobuf", "identity", framed(0, &message[..message.len() - 1]), "3"),
        ("a bomb", "gzip", framed(1, &bomb), "8"),
        ("too large", "identity", framed(0, &[0; 2048]), "8"),
        ("too many records", "identity", framed(0, &export(&vec![record(""); 4])), "8"),
    ] {
        assert_eq!(call(&router, encoding, body).await, (Vec::new(), status.to_owned()), "{name}");
    }
    assert!(stage.events(0).await.is_empty());
}

#[tokio::test]
async fn a_call_may_be_made_again_when_the_bus_is_available() {
    let bus = taking_nothing(unavailable("bus"));
    let router = routes(IngestConfig::default(), bus, for_ever(), &Access::open());
    let refused = LogsServiceClient::new(router).export(request(&[record("a")])).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::Unavailable, "the bus is not available"));
}

#[tokio::test]
async fn a_call_needs_a_token_with_the_scope_ingest() {
    let (reader, reads) = token::generate().unwrap();
    let tokens = format!("[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = {reads:?}\n");
    let tokens = Document::parse("tokens.toml", &tokens).unwrap().read(Tokens::read).unwrap();
    let stage = stage();
    let router = routes(IngestConfig::default(), stage.bus.clone(), for_ever(), &Access::new(tokens));
    let post = async |token: Option<String>| {
        let request = Request::post(PATH).header("content-type", "application/grpc");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
        let body = framed(0, &export(&[record("a")]));
        router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status().as_u16()
    };
    // The listener tells problems in gRPC.
    assert_eq!((post(None).await, post(Some(reader)).await), (401, 403));
    assert!(stage.events(0).await.is_empty());
}
