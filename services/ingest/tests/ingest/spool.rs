//! What senders and operators are told while the bus is away. What becomes of the samples is held by the tests of
//! `watchkeeper-spool`.

use crate::stage::{Answer, for_ever, post, sample, send, taking_nothing};
use axum::Router;
use axum::http::header::RETRY_AFTER;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_config::Reloadable;
use watchkeeper_ingest::{Ingest, IngestConfig};
use watchkeeper_letters::Refused;
use watchkeeper_ports::{EventBus, Topic, TopicPartition};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_test_kit::{Staged, broken, unavailable};

/// Longer than the role needs to look at the spool once more; the time is paused.
const A_WHILE: Duration = Duration::from_secs(5);

/// The role with a spool, on a bus that takes nothing.
struct Role {
    context: RoleContext,
    router: Router,
    running: JoinHandle<RoleResult>,
    _directory: TempDir,
}

impl Role {
    fn start(bus: Arc<dyn EventBus>, max_bytes: u64) -> Self {
        let (directory, context) = (tempfile::tempdir().unwrap(), RoleContext::detached("ingest"));
        let options = EmbeddedOptions {
            bus_retention: Duration::ZERO,
            max_backlog_bytes: max_bytes,
            ..EmbeddedOptions::default()
        };
        let spool = Some(Ok(Arc::new(EmbeddedBus::open(directory.path(), &options).unwrap()) as _));
        let config = IngestConfig::default();
        let ingest = Ingest::new(
            context.clone(),
            Reloadable::new(config),
            Reloadable::new(RuleSet::default()),
            for_ever(),
            bus,
            spool,
            Refused::default(),
        )
        .unwrap();
        let router = ingest.router(&Access::open());
        Self { context, router, running: tokio::spawn(ingest.run()), _directory: directory }
    }

    async fn post(&self, name: &str) -> Answer {
        send(&self.router, post(sample(name))).await
    }

    fn says(&self) -> String {
        self.context.roster().roles()["ingest"].to_string()
    }
}

#[tokio::test(start_paused = true)]
async fn samples_are_accepted_while_the_bus_is_away_and_the_status_says_how_many_wait() {
    let role = Role::start(taking_nothing(unavailable("bus")), 1 << 30);
    role.context.roster().ready().await;
    for name in ["a", "b", "c"] {
        assert_eq!(role.post(name).await.status, 202);
    }
    while !role.says().contains(", 3 records pending; ") {
        sleep(A_WHILE).await;
    }
    assert!(role.says().starts_with("spooling: bus unavailable for "), "{}", role.says());
    assert!(role.context.roster().is_ready(), "samples are taken, so the role is ready");
    let metrics = prometheus::TextEncoder::new().encode_to_string(&role.context.registry().gather()).unwrap();
    for line in ["watchkeeper_ingest_spooled_records_total 3\n", "watchkeeper_ingest_spool_records 3\n"] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
    role.context.shutdown().cancel();
    assert!(role.running.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn samples_and_events_that_wait_in_the_spool_reach_their_topics_when_the_bus_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let bus: Arc<dyn EventBus> =
        Arc::new(EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap());
    let away = Staged::new(Arc::clone(&bus));
    away.fail("publish", unavailable("bus"));
    let role = Role::start(away.clone(), 1 << 30);
    role.context.roster().ready().await;
    let post_events = async |body: &'static str| {
        let request = axum::http::Request::post("/v1/events").body(body.into()).unwrap();
        send(&role.router, request).await.status
    };
    assert_eq!(role.post("a").await.status, 202);
    assert_eq!(post_events(r#"["one","two"]"#).await, 202);
    assert_eq!(role.post("b").await.status, 202);
    away.mend();
    let count = async |topic: Topic| {
        let partition = TopicPartition::new(topic, 0);
        bus.read(&partition, 0, 100).await.map_or(0, |batch| batch.records.len())
    };
    while (count(Topic::METRICS).await, count(Topic::EVENTS).await) != (2, 2) {
        sleep(A_WHILE).await;
    }
    assert_eq!(post_events(r#"["three"]"#).await, 202);
    while count(Topic::EVENTS).await != 3 {
        sleep(A_WHILE).await;
    }
    role.context.shutdown().cancel();
    assert!(role.running.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_full_spool_is_503_and_the_status_says_so() {
    let role = Role::start(taking_nothing(unavailable("bus")), 1_000);
    let mut names = 0..;
    let full = loop {
        let answer = role.post(&format!("s{}", names.next().unwrap())).await;
        if answer.status != 202 {
            break answer;
        }
    };
    assert_eq!((full.status, &full.headers[RETRY_AFTER]), (503, &"5".parse().unwrap()));
    assert_eq!(full.detail(), "the spool is not available");
    let reason = "waiting for spool: the backlog of metrics is full";
    assert!(role.says().contains(reason), "{}", role.says());
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_broken_ends_the_role() {
    let role = Role::start(taking_nothing(broken("bus")), 1 << 30);
    assert_eq!(role.post("a").await.status, 500);
    assert!(role.running.await.unwrap().is_err());
}
