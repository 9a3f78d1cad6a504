//! Samples for tests.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{Advance, Append, Group, Offset, SampleStore, Topic, TopicId, TopicPartition};

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// 2026-11-20T00:00:00Z, plus this many days.
pub(crate) fn midnight(days: u32) -> Timestamp {
    "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap().plus(days * DAY)
}

pub(crate) fn series(name: &str) -> Arc<Series> {
    Arc::new(Series::new("test", name, "", &[]).unwrap())
}

pub(crate) fn sample(name: &str, collected_at: Timestamp, value: f64) -> Sample {
    Sample::new(series(name), collected_at, value)
}

pub(crate) fn batch(samples: impl Into<Vec<Sample>>) -> Arc<Append<Sample>> {
    Arc::new(Append::of(samples.into()))
}

pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

/// The topic of [`partition`].
pub(crate) fn topic_id() -> TopicId {
    TopicId::new("cluster/metrics")
}

/// The position of the persister.
pub(crate) async fn position(store: &dyn SampleStore) -> Option<Offset> {
    store.position(&Group::PERSISTER, &partition(), &topic_id()).await.unwrap().known()
}

/// An append of samples that moves the position of the persister.
pub(crate) fn moving(samples: impl Into<Vec<Sample>>, expected: Offset, next: Offset) -> Arc<Append<Sample>> {
    let advance = Advance {
        group: Group::PERSISTER,
        partition: partition(),
        topic_id: topic_id(),
        expected: Some(expected),
        next,
    };
    Arc::new(Append { items: samples.into(), advances: vec![advance] })
}

/// All samples, newest first.
pub(crate) async fn everything(store: &dyn SampleStore) -> Vec<Sample> {
    store.newest(&SeriesFilter::default(), 1_000_000, Timestamp::MAX).await.unwrap()
}
