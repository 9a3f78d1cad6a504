//! Samples that are posted all the time.

use crate::kept::Kept;
use crate::patience::{so, wait_for};
use crate::running::{agent, post_samples};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

const SOURCE: &str = "load";
const SERIES: u64 = 50;
const BODY_SAMPLES: u64 = 20;
/// Between two bodies of one sender, which is to be a load and not a flood.
const PAUSE: Duration = Duration::from_millis(50);

/// Senders that post samples, each to one ingest, until this is stopped. A sample's value is its number.
pub(crate) struct Load {
    sent: Arc<Sent>,
    senders: Vec<Sender>,
}

struct Sender {
    /// Dropped, it stops the sender.
    go_on: SyncSender<()>,
    thread: JoinHandle<()>,
}

struct Sent {
    /// The instant of sample 0; each has one of its own.
    first_at: Timestamp,
    /// The next body that is to be sent.
    next_body: AtomicU64,
    /// The samples that were answered 202.
    acknowledged: Mutex<BTreeSet<u64>>,
}

impl Load {
    /// Starts a sender for each ingest.
    pub(crate) fn on<'u>(ingests: impl IntoIterator<Item = &'u str>) -> Self {
        let sent = Arc::new(Sent {
            first_at: Timestamp::now(),
            next_body: AtomicU64::new(0),
            acknowledged: Mutex::default(),
        });
        let start = |url: &str| {
            let (go_on, stop) = sync_channel(0);
            let (url, sent) = (url.to_owned(), Arc::clone(&sent));
            Sender { go_on, thread: thread::spawn(move || sent.post(&url, &stop)) }
        };
        let senders = ingests.into_iter().map(start).collect();
        Self { sent, senders }
    }

    /// Waits until ingest has acknowledged some samples from now on.
    pub(crate) fn wait_for_more(&self) {
        let before = self.acknowledged().len();
        wait_for("samples to be acknowledged", || so(self.acknowledged().len() > before, before));
    }

    /// Waits until every sample that is acknowledged by now is stored and its series in the cache.
    pub(crate) fn wait_until_kept(&self, kept: &Kept) {
        let acknowledged = self.acknowledged();
        wait_for("the acknowledged samples to be stored", || self.are_stored(&acknowledged, kept));
        wait_for("the acknowledged samples to be in the cache", || {
            let latest = kept.latest(SOURCE);
            let newest: BTreeMap<_, _> = acknowledged.iter().map(|&number| (key(number), number)).collect();
            #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
            let late: Vec<_> = newest
                .into_iter()
                .filter(|(key, number)| latest.get(key).is_none_or(|value| *value < *number as f64))
                .collect();
            so(late.is_empty(), late)
        });
    }

    /// Stops the senders, and waits until everything is kept: of each series the newest.
    pub(crate) fn stop(mut self, kept: &Kept) {
        for Sender { go_on, thread } in self.senders.drain(..) {
            drop(go_on);
            thread.join().unwrap();
        }
        self.wait_until_kept(kept);
        wait_for("the cache to have what the store has", || {
            let (newest, latest) = (kept.newest(SOURCE), kept.latest(SOURCE));
            so(newest == latest, (newest, latest))
        });
    }

    /// Whether all of them are stored, nothing twice, and nothing that was never sent.
    fn are_stored(&self, acknowledged: &BTreeSet<u64>, kept: &Kept) -> Result<(), String> {
        let stored = kept.stored(SOURCE);
        let end = self.sent.next_body.load(Ordering::SeqCst) * BODY_SAMPLES;
        let wrong: Vec<_> = stored.iter().filter(|&(number, count)| *count != 1 || *number >= end).collect();
        assert!(wrong.is_empty(), "stored more than once, or never sent: {wrong:?}");
        let missing: Vec<_> = acknowledged.iter().filter(|number| !stored.contains_key(number)).collect();
        so(missing.is_empty(), missing.first().map(|first| (missing.len(), "the first is", first)))
    }

    fn acknowledged(&self) -> BTreeSet<u64> {
        self.sent.acknowledged.lock().unwrap().clone()
    }
}

impl Sent {
    /// Posts bodies until it is stopped. Nobody may be there at times.
    fn post(&self, url: &str, stop: &Receiver<()>) {
        let agent = agent();
        while stop.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
            let first = self.next_body.fetch_add(1, Ordering::SeqCst) * BODY_SAMPLES;
            let numbers = first..first + BODY_SAMPLES;
            match post_samples(&agent, url, &self.body(numbers.clone())) {
                Some(202) => self.acknowledged.lock().unwrap().extend(numbers),
                Some(503) | None => {}
                Some(status) => panic!("answered {status}"),
            }
        }
    }

    fn body(&self, numbers: impl Iterator<Item = u64>) -> String {
        let sample = |number: u64| {
            let (of, at) = (number % SERIES, self.first_at.plus(Duration::from_micros(number)));
            format!(
                r#"{{"source":"{SOURCE}","name":"number","labels":{{"of":"{of}"}},"value":{number},"collected_at":"{at}"}}"#
            )
        };
        format!("[{}]", numbers.map(sample).collect::<Vec<_>>().join(","))
    }
}

/// The series of a sample.
fn key(number: u64) -> String {
    format!(r#"{SOURCE}/number{{of="{}"}}"#, number % SERIES)
}
