//! What the embedded backend has acknowledged survives `kill -9`, exactly once.
//!
//! The test runs itself as a second process, which writes until it is killed, again and again in the same
//! directory.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]
#![expect(clippy::print_stdout, reason = "how the second process tells the first what was acknowledged")]

mod alerts;
mod events;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use watchkeeper_adapter_embedded::{
    EmbeddedAlerts, EmbeddedBus, EmbeddedEvents, EmbeddedOptions, EmbeddedRollups, EmbeddedStore,
};
use watchkeeper_domain::{
    Rollup, RollupQuery, Sample, Series, SeriesFilter, SeriesRollups, Timestamp, Window,
};
use watchkeeper_ports::{
    Advance, Append, BatchBuilder, Delivery, EventBus, Group, Offset, Page, Position, PositionStore,
    RollupStore, SampleQueries as _, SampleStore, Topic, TopicId, TopicPartition,
};

/// The variable with the writing process's directory.
const DIRECTORY: &str = "WATCHKEEPER_CRASH_TEST_DIRECTORY";
const ROUNDS: usize = 8;
/// Concurrent writers, so that commits are shared.
const WRITERS: u32 = 4;
/// Records, samples or rollups in one write.
const BATCH: u64 = 3;
const ALL: usize = 10_000_000;
/// Hours in one query.
const HOURS: u64 = 1_000;

#[test]
fn what_was_acknowledged_is_there_once_after_a_kill() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return write_until_killed(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut random = StdRng::seed_from_u64(11);
    for round in 0..ROUNDS {
        let acknowledged = kill_after(random.random_range(1..300), directory.path());
        let found = Runtime::new().unwrap().block_on(look(directory.path()));
        for (what, count) in acknowledged {
            assert!(found[&what] >= count, "round {round}: {what} up to {count}, {} are there", found[&what]);
        }
    }
}

/// Starts the writing process and kills it after this many acknowledgements; returns the last one of each
/// kind.
fn kill_after(acknowledgements: usize, directory: &Path) -> BTreeMap<String, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_was_acknowledged_is_there_once_after_a_kill", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut count = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The test harness prints lines of its own.
        let Some((what, up_to)) = line.strip_prefix("acknowledged ").and_then(|line| line.rsplit_once(' '))
        else {
            continue;
        };
        acknowledged.insert(what.to_owned(), up_to.parse().unwrap());
        count += 1;
        if count == acknowledgements {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success(), "it writes until it is killed");
    assert!(count >= acknowledgements);
    acknowledged
}

/// Counts each kind, and checks that there are no gaps and no duplicates.
async fn look(directory: &Path) -> BTreeMap<String, u64> {
    let bus = EmbeddedBus::open(directory, &EmbeddedOptions::default()).unwrap();
    let store = EmbeddedStore::open(directory).unwrap();
    let rollups = EmbeddedRollups::open(directory).unwrap();
    let mut found = alerts::look(&EmbeddedAlerts::open(directory).unwrap()).await;
    found.extend(events::look(&EmbeddedEvents::open(directory).unwrap()).await);
    for writer in 0..WRITERS {
        let count = published(&bus, writer).await;
        assert_eq!(count % BATCH, 0, "a batch is there whole or not at all");
        found.insert(format!("published {writer}"), count);

        let position =
            store.position(&Group::PERSISTER, &partition(writer), &topic_id()).await.unwrap().next();
        let samples =
            store.newest(&SeriesFilter::named("crash", name(writer)), ALL, Timestamp::MAX).await.unwrap();
        let numbers: Vec<_> = samples.iter().rev().map(|sample| sample.collected_at).collect();
        assert!(
            numbers.into_iter().eq((0..position).map(instant)),
            "the samples are those up to the position"
        );
        found.insert(format!("stored {writer}"), position);

        let count = rolled_up(&rollups, writer).await;
        assert_eq!(count % BATCH, 0, "a put is there whole or not at all");
        let made = rollups.made_until(&name(writer)).await.unwrap().map_or(0, hours_until);
        assert!(made <= count, "what was made is there");
        found.insert(format!("rolled-up {writer}"), count);
        found.insert(format!("made {writer}"), made);
    }
    let lag = bus.lag(&Topic::METRICS, &Group::CACHE).await.unwrap();
    found.insert("committed".to_owned(), lag[0].committed);
    found
}

/// How many records a writer has; they are numbered from 0.
async fn published(bus: &EmbeddedBus, writer: u32) -> u64 {
    let (mut from, mut count) = (0, 0);
    loop {
        let batch = bus.read(&TopicPartition::new(Topic::METRICS, 0), from, ALL).await.unwrap();
        for record in batch.records.iter().filter(|record| record.key == name(writer).as_bytes()) {
            assert_eq!(record.value, count.to_string().as_bytes());
            count += 1;
        }
        if batch.records.is_empty() {
            return count;
        }
        from = batch.next;
    }
}

/// How many rollups a writer has; their hours are numbered from 0.
async fn rolled_up(rollups: &EmbeddedRollups, writer: u32) -> u64 {
    let filter = SeriesFilter::named("crash", name(writer));
    let mut count = 0;
    loop {
        let query = RollupQuery::new(filter.clone(), Window::Hour, hour(count), hour(count + HOURS)).unwrap();
        let found = rollups.rollups(&query, &Page::first(1)).await.unwrap();
        let Some(SeriesRollups { rollups, .. }) = found.into_iter().next() else { return count };
        let up_to = count + rollups.len() as u64;
        assert!(rollups.into_iter().eq((count..up_to).map(rollup)), "no hour is missing in between");
        count = up_to;
    }
}

fn write_until_killed(directory: &Path) {
    Runtime::new().unwrap().block_on(async {
        let bus = Arc::new(EmbeddedBus::open(directory, &EmbeddedOptions::default()).unwrap());
        let store = EmbeddedStore::open(directory).unwrap().samples();
        let rollups = Arc::new(EmbeddedRollups::open(directory).unwrap());
        let alerts = EmbeddedAlerts::open(directory).unwrap();
        let events = Arc::new(EmbeddedEvents::open(directory).unwrap());
        let mut tasks = JoinSet::new();
        for writer in 0..WRITERS {
            tasks.spawn(publish(bus.clone(), writer));
            tasks.spawn(append(store.clone(), writer));
            tasks.spawn(roll_up(rollups.clone(), writer));
            tasks.spawn(alerts::evaluate(alerts.alerts(), writer));
            tasks.spawn(events::append(events.clone(), writer));
            tasks.spawn(alerts::plan(alerts.notifications(), writer));
        }
        tasks.spawn(alerts::deliver(alerts.notifications()));
        tasks.spawn(consume(bus));
        tasks.join_all().await;
    });
}

async fn publish(bus: Arc<EmbeddedBus>, writer: u32) {
    let mut next = published(&bus, writer).await;
    loop {
        let mut batch = BatchBuilder::default();
        for number in next..next + BATCH {
            batch.push(name(writer).as_bytes(), number.to_string().as_bytes());
        }
        bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
        next += BATCH;
        println!("acknowledged published {writer} {next}");
    }
}

async fn append(store: Arc<dyn SampleStore>, writer: u32) {
    let series = Arc::new(Series::new("crash", &name(writer), "", &[]).unwrap());
    let mut expected =
        store.position(&Group::PERSISTER, &partition(writer), &topic_id()).await.unwrap().next();
    loop {
        let next = expected + BATCH;
        let sample = |number| Sample::new(series.clone(), instant(number), 1.0);
        let advance = Advance {
            group: Group::PERSISTER,
            partition: partition(writer),
            topic_id: topic_id(),
            expected: Some(expected),
            next,
        };
        let append = Append { items: (expected..next).map(sample).collect(), advances: vec![advance] };
        store.append(Arc::new(append)).await.unwrap();
        expected = next;
        println!("acknowledged stored {writer} {next}");
    }
}

/// Puts the rollups of the next hours, and records the progress.
async fn roll_up(store: Arc<EmbeddedRollups>, writer: u32) {
    let (series, pass) = (Arc::new(Series::new("crash", &name(writer), "", &[]).unwrap()), name(writer));
    let mut next = store.made_until(&pass).await.unwrap().map_or(0, hours_until);
    loop {
        let made = (next..next + BATCH).map(rollup).collect();
        next += BATCH;
        store.put(Window::Hour, &[SeriesRollups { series: series.clone(), rollups: made }]).await.unwrap();
        println!("acknowledged rolled-up {writer} {next}");
        store.set_made_until(&pass, hour(next)).await.unwrap();
        println!("acknowledged made {writer} {next}");
    }
}

async fn consume(bus: Arc<EmbeddedBus>) {
    let mut member = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    loop {
        if let Delivery::Records(batch) = member.next(50).await.unwrap() {
            let next = batch.next;
            member.commit(&[Position { partition: batch.partition, next }]).await.unwrap();
            println!("acknowledged committed {next}");
        }
    }
}

fn name(writer: u32) -> String {
    format!("writer_{writer}")
}

/// A separate partition for each writer's position in the store.
fn partition(writer: u32) -> TopicPartition {
    TopicPartition::new(Topic::METRICS, writer)
}

fn topic_id() -> TopicId {
    TopicId::new("crash")
}

fn instant(number: Offset) -> Timestamp {
    Timestamp::MIN.plus(Duration::from_secs(number))
}

fn rollup(number: u64) -> Rollup {
    Rollup { start: hour(number), avg: 1.0, min: 1.0, max: 1.0, count: 1, p95: 1.0 }
}

fn hour(number: u64) -> Timestamp {
    Timestamp::MIN.plus(Duration::from_secs(3_600 * number))
}

fn hours_until(instant: Timestamp) -> u64 {
    instant.since(Timestamp::MIN).as_secs() / 3_600
}
