//! Samples or events that are posted all the time.

use crate::kept::Kept;
use crate::numbered::{Kind, Numbered};
use crate::patience::{so, wait_for};
use crate::running::{agent, post_json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

const SOURCE: &str = "load";
const SERIES: u64 = 50;
const BODY_ITEMS: u64 = 20;
/// Between two bodies of one sender, which is to be a load and not a flood.
const PAUSE: Duration = Duration::from_millis(50);

/// The events begin in the past, but well within the retention: they are far apart.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Senders that post numbered samples or events, each to one ingest, until this is stopped.
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
    items: Numbered,
    /// The next body that is to be sent.
    next_body: AtomicU64,
    /// The numbers that were answered 202.
    acknowledged: Mutex<BTreeSet<u64>>,
}

impl Load {
    /// Starts a sender of samples for each ingest.
    pub(crate) fn on<'u>(ingests: impl IntoIterator<Item = &'u str>) -> Self {
        Self::of(Numbered::new(Kind::Samples, SOURCE, SERIES, Timestamp::now()), ingests)
    }

    /// Starts a sender of events for each ingest.
    pub(crate) fn of_events<'u>(ingests: impl IntoIterator<Item = &'u str>) -> Self {
        Self::of(Numbered::new(Kind::Events, SOURCE, SERIES, Timestamp::now().minus(DAY)), ingests)
    }

    fn of<'u>(items: Numbered, ingests: impl IntoIterator<Item = &'u str>) -> Self {
        let sent = Arc::new(Sent { items, next_body: AtomicU64::new(0), acknowledged: Mutex::default() });
        let start = |url: &str| {
            let (go_on, stop) = sync_channel(0);
            let (url, sent) = (url.to_owned(), Arc::clone(&sent));
            Sender { go_on, thread: thread::spawn(move || sent.post(&url, &stop)) }
        };
        let senders = ingests.into_iter().map(start).collect();
        Self { sent, senders }
    }

    /// Waits until ingest has acknowledged more from now on.
    pub(crate) fn wait_for_more(&self) {
        let before = self.acknowledged().len();
        wait_for("items to be acknowledged", || so(self.acknowledged().len() > before, before));
    }

    /// Waits until every sample that is acknowledged by now is stored and its series in the cache.
    pub(crate) fn wait_until_kept(&self, kept: &Kept) {
        let acknowledged = self.acknowledged();
        wait_for("the acknowledged samples to be stored", || {
            self.are_once_in(&kept.stored(SOURCE), &acknowledged)
        });
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

    /// Waits until every event that is acknowledged by now is stored.
    pub(crate) fn wait_until_events_are_kept(&self, kept: &Kept) {
        let acknowledged = self.acknowledged();
        let stored = || self.are_once_in(&kept.stored_events(SOURCE), &acknowledged);
        wait_for("the acknowledged events to be stored", stored);
    }

    /// Stops the senders of events, waits until everything is kept, and gives how many were acknowledged.
    pub(crate) fn stop_events(mut self, kept: &Kept) -> usize {
        self.end_senders();
        self.wait_until_events_are_kept(kept);
        self.acknowledged().len()
    }

    /// Stops the senders, and waits until everything is kept: of each series the newest.
    pub(crate) fn stop(mut self, kept: &Kept) {
        self.end_senders();
        self.wait_until_kept(kept);
        wait_for("the cache to have what the store has", || {
            let (newest, latest) = (kept.newest(SOURCE), kept.latest(SOURCE));
            so(newest == latest, (newest, latest))
        });
    }

    fn end_senders(&mut self) {
        for Sender { go_on, thread } in self.senders.drain(..) {
            drop(go_on);
            thread.join().unwrap();
        }
    }

    /// Whether all of them are stored, nothing twice, and nothing that was never sent.
    fn are_once_in(&self, stored: &BTreeMap<u64, usize>, acknowledged: &BTreeSet<u64>) -> Result<(), String> {
        let end = self.sent.next_body.load(Ordering::SeqCst) * BODY_ITEMS;
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
            let first = self.next_body.fetch_add(1, Ordering::SeqCst) * BODY_ITEMS;
            let numbers = first..first + BODY_ITEMS;
            match post_json(&agent, &format!("{url}{}", self.items.path()), &self.items.body(numbers.clone()))
            {
                Some(202) => self.acknowledged.lock().unwrap().extend(numbers),
                Some(503) | None => {}
                Some(status) => panic!("answered {status}"),
            }
        }
    }
}

/// The series of a sample.
fn key(number: u64) -> String {
    format!(r#"{SOURCE}/number{{of="{}"}}"#, number % SERIES)
}
