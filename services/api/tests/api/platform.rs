//! An api with its dependencies and clients.

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use tower::ServiceExt as _;
use watchkeeper_api::{Api, ApiConfig, ApiPorts};
use watchkeeper_config::{Document, Reloadable, Section};
use watchkeeper_domain::{Alert, Event, Sample, SeriesRollups, Severity, Silence, Timestamp, Window};
use watchkeeper_letters::Letters;
use watchkeeper_ports::{BatchBuilder, Consumers, Evaluation, Group, Topic, TtlPolicy};
use watchkeeper_query::{ReportReceiver, ReportSet, StatusPages};
use watchkeeper_rules::{Routing, RuleSet};
use watchkeeper_runtime::grpc::Services;
use watchkeeper_runtime::http::{Access, Limits, Listener, PROBLEM_JSON};
use watchkeeper_runtime::{RoleContext, RoleResult};
pub(crate) use watchkeeper_test_kit::soon;
use watchkeeper_test_kit::{World, batch, series, silence};
use watchkeeper_wire::event::push_event;
use watchkeeper_wire::proto::FILE_DESCRIPTOR_SET;

/// The rules of the configuration.
const RULES: &str = r#"
[[rule]]
name = "busy"
match = ['source="host"', 'name="load"']
for = "2m"
summary = "{{ labels.host }} is busy"
receivers = ["ops"]
threshold = { above = 8, clear_at = 6 }

[[rule]]
name = "host_down"
severity = "critical"
match = ['source="host"', 'name="up"']
absence = { after = "10m" }

[[rule]]
name = "rejected"
dead_letters = { topic = "metrics" }

[[rule]]
name = "hot"
severity = "info"
match = ['name=~"temperature.*"']
threshold = { above = 90 }

[[inhibit]]
when = ['rule="host_down"']
mute = ['severity="warning"']
equal = ["host"]
"#;

/// Those that the api is given.
pub(crate) fn rules() -> Arc<RuleSet> {
    let document = Document::parse("rules.toml", RULES).unwrap();
    let read = |root: &mut Section<'_>| RuleSet::read(root, &Routing::default(), &["ops".to_owned()]);
    Arc::new(document.read(read).unwrap())
}

/// The pages on which the api opens incidents.
fn status_pages() -> StatusPages {
    let text = "[[status_page]]\nname = \"shop\"\ntitle = \"Shop\"\ngroups = [\"shop\"]\n";
    Document::parse("watchkeeper.toml", text).unwrap().read(StatusPages::read).unwrap()
}

/// The reports that the api runs.
fn reports() -> ReportSet {
    let text = r#"
[[report]]
name = "busy"
title = "Busy services"
sql = "SELECT service, count(*) AS events, NULL AS absent FROM events GROUP BY service"
max_rows = 2
schedule = "daily 08:00"
time_zone = "Europe/Berlin"
mail = ["ops"]

[[report]]
name = "broken"
sql = "SELECT nonsense FROM events"
"#;
    let receivers = [ReportReceiver { name: "ops", has_mail: true }];
    Document::parse("watchkeeper.toml", text).unwrap().read(|root| ReportSet::read(root, &receivers)).unwrap()
}

/// An api, and what is behind it.
pub(crate) struct Platform {
    pub(crate) context: RoleContext,
    pub(crate) ports: ApiPorts,
    pub(crate) http: Router,
    pub(crate) grpc: Router,
    running: JoinHandle<RoleResult>,
    world: Option<World>,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        Self::with(ApiConfig::default()).await
    }

    pub(crate) async fn with(config: ApiConfig) -> Self {
        let world = World::new();
        let platform = Self::on(ports(&world), config, &Access::open());
        let platform = Self { world: Some(world), ..platform };
        soon(platform.context.roster().ready()).await;
        platform
    }

    /// An api on any ports; it may never be ready.
    pub(crate) fn on(ports: ApiPorts, config: ApiConfig, access: &Access) -> Self {
        let context = RoleContext::detached("api");
        let letters = Letters::new(Arc::clone(&ports.bus));
        let rules = Reloadable::new(rules());
        let api = Api::new(context.clone(), config, ports.clone(), letters, rules, consumers()).unwrap();
        let api =
            api.with_status_pages(Reloadable::new(status_pages())).with_reports(Reloadable::new(reports()));
        let mut services = Services::new(context.roster().clone());
        services.add(context.role(), &Api::SERVICES, api.grpc(access));
        let (http, grpc) = (api.router(access), services.router(FILE_DESCRIPTOR_SET, access));
        Self { context, ports, http, grpc, running: tokio::spawn(api.run()), world: None }
    }

    /// Stops the role, and waits until it has stopped.
    pub(crate) async fn stop(self) {
        self.context.shutdown().cancel();
        soon(self.running).await.unwrap().unwrap();
    }

    pub(crate) async fn store(&self, samples: &[Sample]) {
        self.world.as_ref().unwrap().store(samples).await;
    }

    pub(crate) async fn store_events(&self, events: &[Event]) {
        self.world.as_ref().unwrap().store_events(events).await;
    }

    pub(crate) async fn publish_events(&self, events: &[Event]) {
        let mut batch = BatchBuilder::default();
        for event in events {
            push_event(&mut batch, event);
        }
        self.ports.bus.publish(&Topic::EVENTS, batch.finish()).await.unwrap();
    }

    pub(crate) async fn cache(&self, samples: &[Sample]) {
        let ttl = TtlPolicy { default: Duration::from_secs(3600), by_source: BTreeMap::new() };
        self.ports.latest.put(samples, &ttl, Timestamp::now()).await.unwrap();
    }

    /// Stores hourly rollups.
    pub(crate) async fn keep(&self, rollups: &[SeriesRollups]) {
        self.ports.rollups.put(Window::Hour, rollups).await.unwrap();
    }

    /// Stores firing or cleared alerts.
    pub(crate) async fn fire(&self, alerts: &[Alert]) {
        let evaluation = Evaluation { alerts: alerts.to_vec(), ..Evaluation::default() };
        self.ports.alerts.store(Arc::new(evaluation)).await.unwrap();
    }

    /// Silences matching alerts for an hour from now.
    pub(crate) async fn silence(&self, id: &str, matchers: &[&str]) -> Silence {
        let silence = silence(id, matchers, Timestamp::now(), Duration::from_secs(3600));
        self.ports.silences.put(&silence).await.unwrap();
        silence
    }

    pub(crate) async fn publish(&self, samples: &[Sample]) {
        self.ports.bus.publish(&Topic::METRICS, batch(samples)).await.unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let (head, body) = soon(self.http.clone().oneshot(request)).await.unwrap().into_parts();
        let bytes = soon(body.collect()).await.unwrap().to_bytes();
        if !head.status.is_success() {
            assert_eq!(head.headers[CONTENT_TYPE], PROBLEM_JSON);
        }
        (head.status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// The response of a path, which must succeed.
    pub(crate) async fn answer(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// The error of a path, which must refuse its parameters.
    pub(crate) async fn refusal(&self, path: &str) -> String {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {body}");
        let (detail, error) = (body["detail"].as_str().unwrap(), &body["errors"][0]);
        let (field, reason) = (error["field"].as_str().unwrap(), error["reason"].as_str().unwrap());
        assert_eq!(detail, format!("{field}: {reason}"));
        detail.to_owned()
    }

    pub(crate) async fn delete(&self, path: &str) -> (StatusCode, Value) {
        self.send(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// A connection to the gRPC services over loopback.
    pub(crate) async fn channel(&self) -> Channel {
        let listener =
            Listener::bind("grpc.listen", "127.0.0.1:0".parse().unwrap(), &Access::open()).await.unwrap();
        let url = format!("http://{}", listener.address());
        tokio::spawn(listener.serve(self.grpc.clone(), Limits::default(), self.context.shutdown().clone()));
        soon(Endpoint::from_shared(url).unwrap().connect()).await.unwrap()
    }
}

/// The ports of a world.
pub(crate) fn ports(world: &World) -> ApiPorts {
    ApiPorts {
        bus: world.bus.clone(),
        samples: world.samples.clone(),
        deletion: world.samples.clone(),
        latest: world.latest.clone(),
        events: world.events.clone(),
        answers: world.answers.clone(),
        reports: world.reports.clone(),
        rollups: world.rollups.clone(),
        alerts: world.alerts.clone(),
        notifications: world.notifications.clone(),
        silences: world.silences.clone(),
        incidents: world.incidents.clone(),
    }
}

/// A sample of `source/name{host=…}`.
pub(crate) fn sample(source: &str, name: &str, host: &str, at: &str, value: f64) -> Sample {
    watchkeeper_test_kit::sample(&format!("{source}/{name}"), &[("host", host)], at.parse().unwrap(), value)
}

/// A rule that fires for `host/load{host=…}`.
pub(crate) fn alert(rule: &str, severity: Severity, host: &str) -> Alert {
    let fired_at = at("10:00:00").parse().unwrap();
    watchkeeper_test_kit::alert(rule, series("host/load", &[("host", host)]), severity, fired_at)
}

/// A time of day, in the past.
pub(crate) fn at(time: &str) -> String {
    format!("2026-01-20T{time}Z")
}

/// Whose lag is told.
pub(crate) fn consumers() -> Consumers {
    [Group::PERSISTER, Group::CACHE, Group::NOTIFIER].map(|group| (Topic::METRICS, group)).into()
}
