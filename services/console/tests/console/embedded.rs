//! The pages on the embedded back end.

use crate::examples::{alert, notification, silence, waiting};
use crate::markup::assert_sound;
use crate::visit::{get, running, sample};
use axum::Router;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::{
    EmbeddedAlerts, EmbeddedBus, EmbeddedOptions, EmbeddedStore, MemoryCache,
};
use watchkeeper_config::Reloadable;
use watchkeeper_console::{Console, ConsolePorts};
use watchkeeper_domain::{Sample, Severity, Timestamp};
use watchkeeper_letters::Letters;
use watchkeeper_ports::{
    Append, BatchBuilder, Evaluation, EventBus, Group, LatestCache as _, Plan, Record, Topic, TopicPartition,
    TtlPolicy,
};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::RoleContext;
use watchkeeper_wire::dead_letter::DeadLetter;
use watchkeeper_wire::sample::push_sample;

/// The embedded back end after these samples went all their way.
async fn back_end(dir: &TempDir, samples: Vec<Sample>) -> ConsolePorts {
    let bus = EmbeddedBus::open(dir.path(), &EmbeddedOptions::default()).unwrap();
    let store = EmbeddedStore::open(dir.path()).unwrap().samples();
    let cache = MemoryCache::new();
    let mut batch = BatchBuilder::default();
    for sample in &samples {
        push_sample(&mut batch, sample);
    }
    bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
    let ttl = TtlPolicy { default: Duration::from_secs(3_600), by_source: BTreeMap::new() };
    cache.put(&samples, &ttl, Timestamp::now()).await.unwrap();
    store.append(Arc::new(Append::of(samples))).await.unwrap();
    let told = EmbeddedAlerts::open(dir.path()).unwrap();
    ConsolePorts {
        bus: Arc::new(bus),
        samples: store,
        latest: Arc::new(cache),
        alerts: told.alerts(),
        notifications: told.notifications(),
        silences: told.silences(),
    }
}

async fn reject_one(bus: &dyn EventBus) {
    let letter = DeadLetter {
        reason: "value: must be a number, is a string",
        rejected_by: "persister",
        rejected_at: Timestamp::now(),
        origin: TopicPartition::new(Topic::METRICS, 0),
        offset: 7,
        record: Record { key: b"host/load", value: b"{}", headers: &[], incomplete: None },
    };
    let mut batch = BatchBuilder::default();
    letter.push(&mut batch);
    bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
}

fn console(ports: &ConsolePorts, rules: Arc<RuleSet>) -> Router {
    let letters = Letters::new(Arc::clone(&ports.bus));
    let groups = [Group::PERSISTER, Group::CACHE, Group::NOTIFIER];
    let consumers = groups.map(|group| (Topic::METRICS, group)).into();
    running(Console::new(
        RoleContext::detached("console"),
        ports.clone(),
        letters,
        Reloadable::new(rules),
        consumers,
    ))
}

#[tokio::test]
async fn what_the_back_end_keeps_is_shown() {
    let dir = TempDir::new().unwrap();
    let minutes = 1..=20_u32;
    let samples = minutes
        .map(|minute| sample("host/cpu percent", &[("cpu", "0")], f64::from(minute), u64::from(minute) * 60));
    let ports = back_end(&dir, samples.collect()).await;
    let router = console(&ports, Arc::default());

    let page = get(&router, "/").await;
    assert_sound(&page.body);
    page.assert_has("1.0 %</data>");
    page.assert_has("min 1.0 %, avg 10.5 %, max 20.0 %</title>");
    page.assert_has("0 <span class=\"muted\">of 20</span>");
    page.assert_has("Operational");

    reject_one(&*ports.bus).await;
    let page = get(&router, "/").await;
    page.assert_has("Degraded: 1 dead letter");
    page.assert_has("metrics.dead-0-0</th>");

    let page = get(&router, "/series?source=host&name=cpu&unit=percent&label.cpu=0").await;
    assert_sound(&page.body);
    page.assert_has(r#"data-title="95th percentile">19.0 %</td>"#);
    page.assert_has(r#"data-title="Samples">20</td>"#);
}

#[tokio::test]
async fn what_fires_and_who_was_told_is_shown() {
    let dir = TempDir::new().unwrap();
    let ports = back_end(&dir, Vec::new()).await;
    let alerts = vec![alert("site_down", "shop", Severity::Critical, 300)];
    ports.alerts.store(Arc::new(Evaluation { alerts, ..Evaluation::default() })).await.unwrap();
    ports.silences.put(&silence("works", "target=shop", Timestamp::now())).await.unwrap();
    let told = notification("shop is down", 9_000, waiting("refused"));
    let plan = Plan { notifications: vec![told], ..Plan::default() };
    ports.notifications.plan(Arc::new(plan)).await.unwrap();

    let page = get(&console(&ports, Arc::default()), "/alerts").await;
    assert_sound(&page.body);
    page.assert_has("1 alert firing (1 critical), 1 notification pending for 2 h");
    page.assert_has("#silence-1\">Silenced</a>");
    page.assert_has("shop is down");
}
