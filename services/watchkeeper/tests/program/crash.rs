//! What was acknowledged survives `kill -9`.

use crate::running::{PATIENCE, Up, agent, post_samples, wait_for};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

const ROUNDS: u64 = 20;
const CLIENTS: usize = 3;
const SERIES: u64 = 50;
const BODY_SAMPLES: u64 = 100;
/// A round ends with a kill after some number of acknowledged bodies below this.
const MAX_ACKNOWLEDGED: u64 = 60;

/// The samples lie in the past, but well within the retention.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A body that was acknowledged, by the id of its first sample.
struct Acknowledged(u64);

/// What is sent.
pub(crate) struct Load {
    /// The instant of the sample with id 0.
    first_at: Timestamp,
    /// The next body that is to be sent.
    next_body: AtomicU64,
}

#[test]
fn kill_9_at_any_moment_of_a_loaded_up_loses_no_acknowledged_sample_and_stores_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    let load = Load::default();
    let mut acknowledged = BTreeSet::new();
    let mut sent = 0;
    for seed in 0..ROUNDS {
        let up = Up::start(dir.path());
        let bodies_until_kill = StdRng::seed_from_u64(seed).random_range(1..MAX_ACKNOWLEDGED);
        acknowledged.extend(load_until_killed(up, &load, bodies_until_kill));
        sent = load.next_body.load(Ordering::SeqCst);
    }
    let up = Up::start(dir.path());
    wait_until_all_is_stored(&up);
    assert!(up.stop().success());

    let stored = stored_ids(dir.path());
    let lost: Vec<_> = Load::ids(&acknowledged).filter(|id| !stored.contains_key(id)).collect();
    assert!(lost.is_empty(), "{} acknowledged samples are lost, the first is {}", lost.len(), lost[0]);
    let twice: Vec<_> = stored.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{} samples are stored twice, the first is {:?}", twice.len(), twice[0]);
    let torn: Vec<_> = (0..sent)
        .map(|body| body * BODY_SAMPLES)
        .filter(|first| {
            let there = (*first..first + BODY_SAMPLES).filter(|id| stored.contains_key(id)).count() as u64;
            there != 0 && there != BODY_SAMPLES
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
        match post_samples(&agent, url, &load.body(first)) {
            Some(202) => acknowledged.send(Acknowledged(first)).expect("somebody counts"),
            Some(503) => {}
            Some(status) => panic!("answered {status}"),
            None => return,
        }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self { first_at: Timestamp::now().minus(DAY), next_body: AtomicU64::new(0) }
    }
}

impl Load {
    /// The first id of the next body.
    pub(crate) fn next(&self) -> u64 {
        self.next_body.fetch_add(1, Ordering::SeqCst) * BODY_SAMPLES
    }

    /// The ids of the samples of these bodies.
    pub(crate) fn ids(bodies: &BTreeSet<u64>) -> impl Iterator<Item = u64> {
        bodies.iter().flat_map(|first| *first..*first + BODY_SAMPLES)
    }

    /// Samples whose value is their id, each at an instant of its own.
    pub(crate) fn body(&self, first: u64) -> String {
        let sample = |id: u64| {
            let at = self.first_at.plus(Duration::from_micros(id));
            format!(
                r#"{{"source":"crash","name":"id","labels":{{"series":"{}"}},"value":{id},"collected_at":"{at}"}}"#,
                id % SERIES
            )
        };
        let samples: Vec<_> = (first..first + BODY_SAMPLES).map(sample).collect();
        format!("[{}]", samples.join(","))
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

/// How often each id is stored, read from the file itself.
pub(crate) fn stored_ids(dir: &Path) -> BTreeMap<u64, u64> {
    let store = Connection::open_with_flags(dir.join("store.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut query = store
        .prepare(
            "SELECT CAST(value AS INTEGER), count(*) FROM samples JOIN series ON series.id = series_id \
             WHERE source = 'crash' AND name = 'id' GROUP BY value",
        )
        .unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
