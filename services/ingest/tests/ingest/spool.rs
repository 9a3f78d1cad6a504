//! What becomes of samples while the bus is away.

mod full_disk;
mod model;
mod scripted_bus;

use crate::stage::{Answer, FOR_EVER, post, sample, send};
use axum::Router;
use axum::http::header::RETRY_AFTER;
use full_disk::FullDisk;
use scripted_bus::{ScriptedBus, Turn};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_ingest::{Ingest, IngestConfig, SpoolPort};
use watchkeeper_ports::{EventBus, PortError, Topic};
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::{RoleContext, RoleResult};

/// How often a test looks whether something is so by now.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long anything may take before its test fails. Paused time runs ahead while the disk is at work; in a
/// day of it the role looks at the spool many thousand times, which takes seconds.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
const MUCH: u64 = 1 << 30;

/// The spool as the executable opens it.
fn spool_in(dir: &Path, max_bytes: u64) -> Arc<dyn EventBus> {
    let options = EmbeddedOptions {
        bus_retention: Duration::ZERO,
        max_backlog_bytes: max_bytes,
        ..EmbeddedOptions::default()
    };
    Arc::new(EmbeddedBus::open(dir, &options).unwrap())
}

/// The role with a spool.
struct Role {
    bus: Arc<ScriptedBus>,
    context: RoleContext,
    router: Router,
    running: JoinHandle<RoleResult>,
    _directory: TempDir,
}

impl Role {
    fn start(max_bytes: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let spool = spool_in(directory.path(), max_bytes);
        Self::with(directory, Ok(spool))
    }

    fn with(directory: TempDir, spool: SpoolPort) -> Self {
        let (bus, context) = (ScriptedBus::new([]), RoleContext::detached("ingest"));
        let ingest =
            Ingest::new(context.clone(), IngestConfig::default(), FOR_EVER, bus.clone(), Some(spool))
                .unwrap();
        let router = ingest.router(&Access::open());
        let running = tokio::spawn(ingest.run());
        Self { bus, context, router, running, _directory: directory }
    }

    async fn post(&self, name: &str) -> Answer {
        send(&self.router, post(sample(name))).await
    }

    async fn accepted(&self, names: &[&str]) {
        for name in names {
            assert_eq!(self.post(name).await.status, 202, "{name}");
        }
    }

    /// Waits until the bus has taken these, in this order and no others.
    async fn taken(&self, names: &[&str]) {
        let all = timeout(PATIENCE, self.bus.until(|bus| bus.names().len() >= names.len())).await;
        assert!(all.is_ok(), "{:?}", self.bus.names());
        assert_eq!(self.bus.names(), names);
    }

    /// Waits until samples go directly.
    async fn is_direct(&self) {
        let spooled = || self.metric("watchkeeper_ingest_spooled_records_total");
        let probed = async {
            loop {
                let before = spooled();
                self.accepted(&["probe"]).await;
                if spooled() == before {
                    break;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, probed).await.expect("samples go directly in the end");
    }

    /// Sends a sample until it is accepted.
    async fn accepted_in_the_end(&self, name: &str) {
        let accepted = async {
            while self.post(name).await.status != 202 {
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, accepted).await.expect("a sample is accepted in the end");
    }

    async fn says_in_the_end(&self, is_so: impl Fn(&str) -> bool) {
        let said = async {
            while !is_so(&self.says()) {
                sleep(LOOK_EVERY).await;
            }
        };
        let said = timeout(PATIENCE, said).await;
        assert!(said.is_ok(), "{}", self.says());
    }

    fn says(&self) -> String {
        self.context.roster().roles()["ingest"].to_string()
    }

    /// A metric without its fraction.
    fn metric(&self, name: &str) -> u64 {
        let metrics =
            prometheus::TextEncoder::new().encode_to_string(&self.context.registry().gather()).unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = line.unwrap_or_else(|| panic!("no {name} in\n{metrics}"));
        value.split('.').next().unwrap().parse().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn samples_are_accepted_while_the_bus_is_away_and_replayed_in_order() {
    let role = Role::start(MUCH);
    role.context.roster().ready().await;
    role.bus.then(Turn::Refuse);
    role.accepted(&["a", "b", "c"]).await;
    let spooling =
        |says: &str| says.starts_with("spooling: bus away for ") && says.contains(", 3 records wait; ");
    role.says_in_the_end(spooling).await;
    assert!(role.context.roster().is_ready(), "samples are taken, so the role is ready");
    assert_eq!(role.metric("watchkeeper_ingest_spool_records"), 3);

    role.bus.then(Turn::Take);
    role.taken(&["a", "b", "c"]).await;
    assert_eq!(role.metric("watchkeeper_ingest_spooled_records_total"), 3);
    role.is_direct().await;
    role.says_in_the_end(|says| says.ends_with(" samples/s") && !says.contains(';')).await;
    assert_eq!(role.metric("watchkeeper_ingest_spool_records"), 0);
    assert!(role.metric("watchkeeper_ingest_spool_forwarded_records_total") >= 3);
    role.context.shutdown().cancel();
    assert!(role.running.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_the_end_is_there_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let kept = directory.path().to_owned();
    let first = Role::with(tempfile::tempdir().unwrap(), Ok(spool_in(&kept, MUCH)));
    first.bus.then(Turn::Refuse);
    first.accepted(&["a", "b"]).await;
    first.context.shutdown().cancel();
    first.running.await.unwrap().unwrap();
    drop((first.router, first.bus));

    let second = Role::with(directory, Ok(spool_in(&kept, MUCH)));
    second.taken(&["a", "b"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_does_not_answer_in_time_is_away() {
    let role = Role::start(MUCH);
    role.is_direct().await;
    role.bus.then(Turn::Hang);
    role.accepted(&["a", "b"]).await;
    role.bus.then(Turn::Take);
    let comes = timeout(PATIENCE, role.bus.until(|bus| bus.names().ends_with(&["a".into(), "b".into()])));
    assert!(comes.await.is_ok(), "{:?}", role.bus.names());
}

#[tokio::test(start_paused = true)]
async fn a_full_spool_is_503_until_the_bus_is_back_and_nothing_is_lost() {
    let role = Role::start(1_000);
    role.bus.then(Turn::Refuse);
    let mut accepted = Vec::new();
    let full = loop {
        let name = format!("s{}", accepted.len());
        let answer = role.post(&name).await;
        if answer.status != 202 {
            break answer;
        }
        accepted.push(name);
    };
    assert_eq!((full.status, &full.headers[RETRY_AFTER]), (503, &"5".parse().unwrap()));
    assert_eq!(full.detail(), "the spool is not available");
    assert!(
        role.says().contains("waiting for spool: spool is not available: the backlog of metrics is full")
    );

    role.bus.then(Turn::Take);
    let accepted: Vec<_> = accepted.iter().map(String::as_str).collect();
    role.taken(&accepted).await;
    role.is_direct().await;
    timeout(PATIENCE, role.context.roster().ready()).await.unwrap();
}

/// In real time, because paused time stands still while there is something to do.
#[tokio::test]
async fn under_constant_load_samples_go_directly_again() {
    let role = Role::start(MUCH);
    role.bus.then(Turn::Refuse);
    role.accepted(&["first"]).await;
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let router = role.router.clone();
            tokio::spawn(async move {
                loop {
                    assert_eq!(send(&router, post(sample(&format!("load{sender}")))).await.status, 202);
                }
            })
        })
        .collect();
    role.bus.then(Turn::Take);
    role.is_direct().await;
    senders.iter().for_each(JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn records_that_the_bus_never_takes_go_to_the_dead_letters_and_hold_nothing_up() {
    let role = Role::start(MUCH);
    role.bus.then(Turn::Refuse);
    role.accepted(&["a", "b", "c"]).await;
    role.bus.then(Turn::AtMost(1));
    role.taken(&["a", "b", "c"]).await;

    role.bus.then(Turn::Refuse);
    role.accepted(&["d"]).await;
    role.bus.then(Turn::AtMost(0));
    let dead = Topic::METRICS.dead_letters();
    let buried = timeout(PATIENCE, role.bus.until(|bus| !bus.batches(&dead).is_empty())).await;
    assert!(buried.is_ok());
    assert_eq!(role.bus.batches(&dead)[0][0].0, "test/d");
    role.bus.then(Turn::Take);
    role.is_direct().await;
    assert_eq!(role.metric("watchkeeper_ingest_spool_rejected_records_total"), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_spool_that_opens_the_bus_is_used_alone_and_the_role_is_not_ready() {
    let locked = PortError::Unavailable { what: "bus", reason: "another process has it open".into() };
    let role = Role::with(tempfile::tempdir().unwrap(), Err(locked));
    role.accepted(&["a"]).await;
    role.says_in_the_end(|says| says.starts_with("waiting for spool: ")).await;
    assert!(!role.context.roster().is_ready());
    role.bus.then(Turn::Refuse);
    assert_eq!(role.post("b").await.status, 503);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_keeps_no_sample_from_a_bus_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let disk = FullDisk::new(spool_in(directory.path(), MUCH));
    let role = Role::with(directory, Ok(disk.clone()));
    role.accepted_in_the_end("a").await;
    let full = "waiting for spool: spool is not available: database or disk is full";
    role.says_in_the_end(|says| says == full).await;
    role.bus.then(Turn::Refuse);
    assert_eq!(role.post("b").await.status, 503);
    role.bus.then(Turn::Take);
    role.accepted_in_the_end("b").await;
    role.taken(&["a", "b"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_full_disk_cannot_commit_is_passed_on_once_by_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let disk = FullDisk::new(spool_in(directory.path(), MUCH));
    disk.has_room(true);
    let role = Role::with(directory, Ok(disk.clone()));
    role.bus.then(Turn::Refuse);
    role.accepted(&["a", "b"]).await;
    disk.is_joined().await;
    disk.has_room(false);
    role.bus.then(Turn::Take);
    role.taken(&["a", "b"]).await;
    role.accepted_in_the_end("c").await;
    role.taken(&["a", "b", "c"]).await;
    disk.has_room(true);
    timeout(PATIENCE, role.context.roster().ready()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_broken_ends_the_role() {
    let role = Role::start(MUCH);
    role.is_direct().await;
    role.bus.then(Turn::Broken);
    assert_eq!(role.post("a").await.status, 500);
    assert!(role.running.await.unwrap().is_err());
}
