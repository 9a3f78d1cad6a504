//! The role on a bus, for one test.

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{self, HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Event;
use watchkeeper_ingest::{Ingest, IngestConfig, OfOtherRoles};
use watchkeeper_letters::Refused;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{EventBus, PortError, Topic, TopicPartition};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::{Staged, outlet};
use watchkeeper_wire::event::read_written;

/// Enough for any test.
const MANY: usize = 1_000_000;
/// The retention of a store that keeps everything.
pub(crate) const FOR_EVER: Duration = Duration::MAX;

/// A store that keeps everything.
pub(crate) fn for_ever() -> OfOtherRoles {
    others(FOR_EVER, FOR_EVER)
}

/// A store that keeps samples and events for so long, and the default redaction.
pub(crate) fn others(samples: Duration, events: Duration) -> OfOtherRoles {
    OfOtherRoles {
        sample_retention: Box::new(move || samples),
        event_retention: Box::new(move || events),
        pipelines: Reloadable::new(PipelineSet::default()),
    }
}

/// The role on an embedded bus.
pub(crate) struct Stage {
    pub(crate) router: Router,
    pub(crate) bus: Arc<EmbeddedBus>,
    _directory: TempDir,
}

/// A bus that answers questions but fails at each batch.
pub(crate) fn taking_nothing(error: PortError) -> Arc<Staged<dyn EventBus>> {
    let bus = outlet();
    bus.fail("publish", error);
    bus
}

/// One that fails at everything.
pub(crate) fn failing(error: PortError) -> Arc<Staged<dyn EventBus>> {
    let bus = outlet();
    bus.fail_all(error);
    bus
}

/// An answer, as its receiver sees it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The body, if it is not JSON.
    pub(crate) bytes: Vec<u8>,
}

impl Stage {
    pub(crate) fn new(config: IngestConfig) -> Self {
        Self::with(config, &EmbeddedOptions::default())
    }

    pub(crate) fn with(config: IngestConfig, options: &EmbeddedOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = Arc::new(EmbeddedBus::open(directory.path(), options).unwrap());
        Self { router: router(config, bus.clone(), &Access::open()), bus, _directory: directory }
    }

    /// One whose store keeps everything for so long.
    pub(crate) fn keeping(retention: Duration) -> Self {
        let stage = Self::new(IngestConfig::default());
        let router = router_keeping(retention, IngestConfig::default(), stage.bus.clone(), &Access::open());
        Self { router, ..stage }
    }

    pub(crate) async fn post(&self, body: impl Into<Body>) -> Answer {
        send(&self.router, post(body)).await
    }

    pub(crate) async fn post_lines(&self, body: impl Into<Body>) -> Answer {
        let mut request = post(body);
        request.headers_mut().insert(CONTENT_TYPE, "application/x-ndjson".parse().unwrap());
        send(&self.router, request).await
    }

    /// Keys and values on topic `metrics`, from the `from`th record on.
    pub(crate) async fn records(&self, from: u64) -> Vec<(String, String)> {
        self.records_of(Topic::METRICS, from).await
    }

    async fn records_of(&self, topic: Topic, from: u64) -> Vec<(String, String)> {
        let partition = TopicPartition::new(topic, 0);
        let batch = self.bus.read(&partition, from, MANY).await.unwrap().records;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        batch.iter().map(|record| (text(record.key), text(record.value))).collect()
    }

    /// The events on topic `events`, from the `from`th record on.
    pub(crate) async fn events(&self, from: u64) -> Vec<Event> {
        let records = self.records_of(Topic::EVENTS, from).await;
        let read = |(_, value): &(String, String)| read_written(value.as_bytes()).unwrap();
        records.iter().map(read).collect()
    }

    /// Sends a body to `path`, with these headers.
    pub(crate) async fn post_to(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let with =
            |request: http::request::Builder, (name, value): &(&str, &str)| request.header(*name, *value);
        let request = headers.iter().fold(Request::post(path), with);
        send(&self.router, request.body(body.into()).unwrap()).await
    }
}

impl Answer {
    /// `field: reason` of each refused item or error.
    pub(crate) fn refusals(&self) -> Vec<String> {
        let list = self.body.get("refused").or(self.body.get("errors")).and_then(Value::as_array);
        let text = |refusal: &Value| format!("{}: {}", text(&refusal["field"]), text(&refusal["reason"]));
        list.into_iter().flatten().map(text).collect()
    }

    /// The index of each refused item.
    pub(crate) fn indices(&self) -> Vec<u64> {
        let list = self.body.get("refused").or(self.body.get("errors")).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|refusal| refusal["index"].as_u64()).collect()
    }

    pub(crate) fn detail(&self) -> &str {
        text(&self.body["detail"])
    }

    pub(crate) fn accepted(&self) -> Option<u64> {
        self.body["accepted"].as_u64()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The routes of a role of its own.
pub(crate) fn router(config: IngestConfig, bus: Arc<dyn EventBus>, access: &Access) -> Router {
    router_keeping(FOR_EVER, config, bus, access)
}

/// The routes of a role whose store keeps samples for so long.
pub(crate) fn router_keeping(
    retention: Duration,
    config: IngestConfig,
    bus: Arc<dyn EventBus>,
    access: &Access,
) -> Router {
    router_with(Arc::new(RuleSet::default()), retention, config, bus, access)
}

/// The same with these heartbeats.
pub(crate) fn router_with(
    rules: Arc<RuleSet>,
    retention: Duration,
    config: IngestConfig,
    bus: Arc<dyn EventBus>,
    access: &Access,
) -> Router {
    let config = Reloadable::new(config);
    let role = Ingest::new(
        RoleContext::detached("ingest"),
        config,
        Reloadable::new(rules),
        others(retention, retention),
        bus,
        None,
        Refused::default(),
    );
    role.unwrap().router(access)
}

/// A request without a content type.
pub(crate) fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/samples").body(body.into()).unwrap()
}

pub(crate) fn compressed(coding: &str, body: Vec<u8>) -> Request<Body> {
    let mut request = post(body);
    request.headers_mut().insert(CONTENT_ENCODING, coding.parse().unwrap());
    request
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Answer { status: head.status.as_u16(), headers: head.headers, body, bytes }
}

/// A sample of its own series, without a time.
pub(crate) fn sample(name: &str) -> String {
    format!(r#"{{"source":"test","name":"{name}","value":1}}"#)
}
