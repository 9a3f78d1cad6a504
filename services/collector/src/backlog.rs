//! Samples that were collected and are not published yet.

use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;
use watchkeeper_domain::Sample;
use watchkeeper_ports::{BatchBuilder, RecordBatch};
use watchkeeper_wire::sample::push_sample;

/// Most samples that are kept while the bus is away; a few megabytes. Past it the oldest collections are
/// dropped: what is going on now is worth more than what was.
pub const MAX_BACKLOG_SAMPLES: usize = 100_000;
/// Most samples of one batch. A longer collection is published in several.
pub const MAX_BATCH_SAMPLES: usize = 5_000;

/// Collections in order, from any number of targets to one publisher.
#[derive(Default)]
pub(crate) struct Backlog {
    kept: Mutex<Kept>,
    filled: Notify,
}

#[derive(Default)]
struct Kept {
    collections: VecDeque<Arc<[Sample]>>,
    /// How many collections have been taken out in front of the first.
    gone: u64,
    /// In all collections.
    samples: usize,
}

impl Kept {
    fn drop_first(&mut self) -> usize {
        let samples = self.collections.pop_front().map_or(0, |collection| collection.len());
        self.samples -= samples;
        self.gone += 1;
        samples
    }
}

impl Backlog {
    /// Adds a collection, and gives how many samples had to be dropped for it.
    pub(crate) fn push(&self, collection: &[Sample]) -> usize {
        let mut dropped = 0;
        let mut kept = self.lock();
        for part in collection.chunks(MAX_BATCH_SAMPLES) {
            kept.collections.push_back(part.into());
            kept.samples += part.len();
            while kept.samples > MAX_BACKLOG_SAMPLES {
                dropped += kept.drop_first();
            }
        }
        drop(kept);
        self.filled.notify_one();
        dropped
    }

    /// How many samples there are.
    pub(crate) fn samples(&self) -> usize {
        self.lock().samples
    }

    /// Waits until there are samples. Cancel-safe; one caller at a time.
    pub(crate) async fn filled(&self) {
        while self.samples() == 0 {
            self.filled.notified().await;
        }
    }

    /// The oldest collections, as many as fit one batch. They stay until they are removed.
    pub(crate) fn front(&self) -> Front {
        let kept = self.lock();
        let mut samples = 0;
        let fitting = kept.collections.iter().take_while(|collection| {
            samples += collection.len();
            samples <= MAX_BATCH_SAMPLES
        });
        let collections: Vec<_> = fitting.cloned().collect();
        Front { end: kept.gone + collections.len() as u64, collections }
    }

    /// Removes those of `front` that have not been dropped meanwhile.
    pub(crate) fn remove(&self, front: &Front) {
        let mut kept = self.lock();
        while kept.gone < front.end {
            kept.drop_first();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock()
    }
}

/// The oldest collections of a backlog.
pub(crate) struct Front {
    collections: Vec<Arc<[Sample]>>,
    /// The number of the first collection behind them.
    end: u64,
}

impl Front {
    /// How many samples there are.
    pub(crate) fn samples(&self) -> usize {
        self.collections.iter().map(|collection| collection.len()).sum()
    }

    /// The samples as records of topic `metrics`.
    pub(crate) fn encode(&self) -> RecordBatch {
        let mut batch = BatchBuilder::default();
        for sample in self.collections.iter().flat_map(|collection| collection.iter()) {
            push_sample(&mut batch, sample);
        }
        batch.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::{Series, Timestamp};

    fn collection(values: std::ops::Range<usize>) -> Vec<Sample> {
        let series = Arc::new(Series::new("test", "n", "", &[]).unwrap());
        let sample = |n| Sample {
            series: Arc::clone(&series),
            collected_at: Timestamp::MIN,
            value: f64::from(u32::try_from(n).unwrap()),
        };
        values.map(sample).collect()
    }

    #[test]
    fn past_the_limit_the_oldest_collections_are_dropped() {
        let backlog = Backlog::default();
        assert_eq!(backlog.push(&collection(0..3)), 0);
        for _ in 0..MAX_BACKLOG_SAMPLES - 3 {
            assert_eq!(backlog.push(&collection(3..4)), 0);
        }
        assert_eq!(backlog.samples(), MAX_BACKLOG_SAMPLES);
        assert_eq!(backlog.push(&collection(4..5)), 3, "whole collections are dropped");
        assert_eq!(backlog.samples(), MAX_BACKLOG_SAMPLES - 2);
        assert_eq!(backlog.front().collections[0][..], collection(3..4));
    }

    #[test]
    fn a_batch_holds_as_many_collections_as_fit() {
        let backlog = Backlog::default();
        for _ in 0..3 {
            backlog.push(&collection(0..MAX_BATCH_SAMPLES / 2));
        }
        let front = backlog.front();
        assert_eq!(front.samples(), MAX_BATCH_SAMPLES);
        assert_eq!(front.encode().len(), MAX_BATCH_SAMPLES);
        backlog.remove(&front);
        assert_eq!(backlog.samples(), MAX_BATCH_SAMPLES / 2);
    }

    #[test]
    fn a_collection_longer_than_a_batch_is_published_in_several() {
        let backlog = Backlog::default();
        backlog.push(&collection(0..MAX_BATCH_SAMPLES + 1));
        let first = backlog.front();
        assert_eq!(first.samples(), MAX_BATCH_SAMPLES);
        backlog.remove(&first);
        assert_eq!(backlog.front().samples(), 1);
    }

    #[test]
    fn what_was_dropped_while_it_was_published_is_not_removed_twice() {
        let backlog = Backlog::default();
        backlog.push(&collection(0..1));
        let front = backlog.front();
        backlog.push(&collection(1..MAX_BACKLOG_SAMPLES + 1));
        assert_eq!(backlog.samples(), MAX_BACKLOG_SAMPLES, "the first was dropped");
        backlog.remove(&front);
        assert_eq!(backlog.samples(), MAX_BACKLOG_SAMPLES);
    }
}
