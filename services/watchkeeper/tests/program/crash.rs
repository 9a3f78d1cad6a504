//! What was acknowledged survives `kill -9`.

use crate::numbered::{Kind, Numbered};
use crate::running::{PATIENCE, Up, agent, post_json, wait_for};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

const SOURCE: &str = "crash";
const ROUNDS: u64 = 20;
const CLIENTS: usize = 3;
const SERIES: u64 = 50;
const BODY_ITEMS: u64 = 100;
/// A round ends with a kill after some number of acknowledged bodies below this.
const MAX_ACKNOWLEDGED: u64 = 60;

/// What is sent lies in the past, but well within the retention.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A body that was acknowledged, by the number of its first item.
struct Acknowledged(u64);

/// What is sent.
pub(crate) struct Load {
    items: Numbered,
    /// The next body that is to be sent.
    next_body: AtomicU64,
}

#[test]
fn kill_9_at_any_moment_of_a_loaded_up_loses_no_acknowledged_sample_and_stores_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    let load = Load::default();
    let acknowledged = load_and_kill_again_and_again(dir.path(), &load);
    let up = Up::start(dir.path());
    wait_until_all_is_stored(&up);
    assert!(up.stop().success());
    assert_stored_once(&load, &acknowledged, &stored_ids(dir.path()));
}

#[test]
fn kill_9_at_any_moment_of_a_loaded_up_loses_no_acknowledged_event_stores_none_twice_and_counts_each_once() {
    let dir = tempfile::tempdir().unwrap();
    let load = Load::of(Kind::Events);
    let acknowledged = load_and_kill_again_and_again(dir.path(), &load);
    let up = Up::start(dir.path());
    wait_for("the acknowledged events to be stored", || {
        let stored = stored_events(dir.path(), SOURCE);
        Load::ids(&acknowledged).all(|number| stored.contains_key(&number)).then_some(())
    });
    assert!(up.stop().success());
    assert_stored_once(&load, &acknowledged, &stored_events(dir.path(), SOURCE));
    let (counted, recounted) = (counted(dir.path()), recounted(dir.path()));
    assert_eq!(counted, recounted, "the counts are those of the rows");
    assert!(recounted.len() > 4, "events of several minutes and levels: {recounted:?}");
}

/// Kills a process under load, once for each seed; gives the bodies that were acknowledged.
fn load_and_kill_again_and_again(dir: &Path, load: &Load) -> BTreeSet<u64> {
    let mut acknowledged = BTreeSet::new();
    for seed in 0..ROUNDS {
        let up = Up::start(dir);
        let bodies_until_kill = StdRng::seed_from_u64(seed).random_range(1..MAX_ACKNOWLEDGED);
        acknowledged.extend(load_until_killed(up, load, bodies_until_kill));
    }
    acknowledged
}

/// All that was acknowledged is stored, nothing twice, and each body whole or not at all.
fn assert_stored_once(load: &Load, acknowledged: &BTreeSet<u64>, stored: &BTreeMap<u64, u64>) {
    let lost: Vec<_> = Load::ids(acknowledged).filter(|id| !stored.contains_key(id)).collect();
    assert!(lost.is_empty(), "{} acknowledged items are lost, the first is {}", lost.len(), lost[0]);
    let twice: Vec<_> = stored.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{} items are stored twice, the first is {:?}", twice.len(), twice[0]);
    let torn: Vec<_> = (0..load.next_body.load(Ordering::SeqCst))
        .map(|body| body * BODY_ITEMS)
        .filter(|first| {
            let there = (*first..first + BODY_ITEMS).filter(|id| stored.contains_key(id)).count() as u64;
            there != 0 && there != BODY_ITEMS
        })
        .collect();
    assert!(torn.is_empty(), "{} bodies are stored in part, the first is {}", torn.len(), torn[0]);
    assert!(acknowledged.len() as u64 >= ROUNDS, "the load was too light to show anything");
}

/// Sends bodies from several clients, kills the process at a moment that the number of acknowledged
/// bodies decides, and gives the bodies that were acknowledged.
fn load_until_killed(up: Up, load: &Load, bodies_until_kill: u64) -> BTreeSet<u64> {
    let (sender, acknowledgements): (SyncSender<Acknowledged>, Receiver<Acknowledged>) = sync_channel(1_024);
    let url = up.url.clone();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let (sender, url) = (sender.clone(), &url);
            scope.spawn(move || send_until_it_is_gone(url, load, &sender));
        }
        drop(sender);
        let mut acknowledged = BTreeSet::new();
        while (acknowledged.len() as u64) < bodies_until_kill {
            let Acknowledged(first) = acknowledgements.recv_timeout(PATIENCE).expect("bodies are accepted");
            acknowledged.insert(first);
        }
        up.kill();
        acknowledged.extend(acknowledgements.iter().map(|Acknowledged(first)| first));
        acknowledged
    })
}

fn send_until_it_is_gone(url: &str, load: &Load, acknowledged: &SyncSender<Acknowledged>) {
    let agent = agent();
    loop {
        let first = load.next();
        match post_json(&agent, &format!("{url}{}", load.items.path()), &load.body(first)) {
            Some(202) => acknowledged.send(Acknowledged(first)).expect("somebody counts"),
            Some(503) => {}
            Some(status) => panic!("answered {status}"),
            None => return,
        }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self::of(Kind::Samples)
    }
}

impl Load {
    fn of(kind: Kind) -> Self {
        let first_at = Timestamp::now().minus(DAY);
        Self { items: Numbered::new(kind, SOURCE, SERIES, first_at), next_body: AtomicU64::new(0) }
    }

    /// The first number of the next body.
    pub(crate) fn next(&self) -> u64 {
        self.next_body.fetch_add(1, Ordering::SeqCst) * BODY_ITEMS
    }

    /// The numbers of the items of these bodies.
    pub(crate) fn ids(bodies: &BTreeSet<u64>) -> impl Iterator<Item = u64> {
        bodies.iter().flat_map(|first| *first..*first + BODY_ITEMS)
    }

    pub(crate) fn body(&self, first: u64) -> String {
        self.items.body(first..first + BODY_ITEMS)
    }
}

pub(crate) fn wait_until_all_is_stored(up: &Up) {
    // The collector goes on, so the lag need not stay 0: a marker that comes after all the others is
    // stored after them.
    let marker = r#"[{"source":"crash","name":"marker","value":-1}]"#;
    assert_eq!(up.post_samples(marker), Some(202));
    wait_for("the marker", || {
        Some(up.get("/v1/samples?source=crash&name=marker&last=1")).filter(|answer| answer.contains("-1"))
    });
}

/// How often each number is stored, read from the file itself.
pub(crate) fn stored_ids(dir: &Path) -> BTreeMap<u64, u64> {
    rows(
        &dir.join("store.db"),
        "SELECT CAST(value AS INTEGER), count(*) FROM samples JOIN series ON series.id = series_id \
         WHERE source = ?1 AND name = 'number' GROUP BY value",
        &[SOURCE],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The same of the events of a service.
pub(crate) fn stored_events(dir: &Path, service: &str) -> BTreeMap<u64, u64> {
    rows(
        &dir.join("events.db"),
        "SELECT CAST(message AS INTEGER), count(*) FROM events JOIN services ON services.id = service \
         WHERE name = ?1 GROUP BY message",
        &[service],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The counts of events by the start of the minute, service and level.
type Counts = BTreeMap<(i64, String, i64), u64>;

/// As the store counts them.
fn counted(dir: &Path) -> Counts {
    let counts = "SELECT minute, service, level, sum(events) FROM counts JOIN count_keys ON count_keys.id = key \
                  WHERE name = 'events' GROUP BY 1, 2, 3";
    rows(&dir.join("events.db"), counts, &[], read_count)
}

/// As its rows are.
fn recounted(dir: &Path) -> Counts {
    let recount = "SELECT at - at % 60000000, name, level, count(*) FROM events JOIN services ON services.id = service \
                   GROUP BY 1, 2, 3";
    rows(&dir.join("events.db"), recount, &[], read_count)
}

fn read_count(row: &Row<'_>) -> rusqlite::Result<((i64, String, i64), u64)> {
    Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))
}

fn rows<K: Ord, V>(
    file: &Path,
    query: &str,
    values: &[&str],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<(K, V)>,
) -> BTreeMap<K, V> {
    let store = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut query = store.prepare(query).unwrap();
    query.query_map(params_from_iter(values), read).unwrap().collect::<Result<_, _>>().unwrap()
}
