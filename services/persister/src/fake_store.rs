//! A store that does as a unit test says.

use async_trait::async_trait;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, Series, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};
use watchkeeper_ports::{
    Append, Appended, Group, Page, PortError, PositionStore, SampleKey, SampleStore, SeriesPage,
    StoredPosition, TopicId, TopicPartition,
};

/// Refuses some samples, keeps the others, and may be away.
pub(crate) struct FakeStore {
    refuses: fn(&Sample) -> bool,
    /// How often each kept sample was appended, by its instant.
    pub(crate) kept: Mutex<BTreeMap<Timestamp, u64>>,
    /// How many calls were made.
    pub(crate) calls: Mutex<usize>,
    /// The next calls fail with these.
    pub(crate) failures: Mutex<VecDeque<PortError>>,
}

/// A sample that the test knows by its number.
pub(crate) fn sample(number: u32) -> Sample {
    let series = Arc::new(Series::new("test", "number", "", &[]).unwrap());
    let collected_at = Timestamp::from_micros(i64::from(number)).unwrap();
    Sample { series, collected_at, value: f64::from(number) }
}

pub(crate) fn unavailable() -> PortError {
    PortError::Unavailable { what: "store", reason: "connection refused".into() }
}

impl FakeStore {
    pub(crate) fn refusing(refuses: fn(&Sample) -> bool) -> Self {
        Self { refuses, kept: Mutex::default(), calls: Mutex::default(), failures: Mutex::default() }
    }

    fn call(&self) -> Result<(), PortError> {
        *self.calls.lock().unwrap() += 1;
        self.failures.lock().unwrap().pop_front().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl PositionStore for FakeStore {
    async fn position(
        &self,
        _: &Group,
        _: &TopicPartition,
        _: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        unreachable!("only appended to and pruned")
    }
}

#[async_trait]
impl SampleStore for FakeStore {
    async fn append(&self, batch: &Arc<Append>) -> Result<Appended, PortError> {
        self.call()?;
        assert!(batch.advances.is_empty(), "no position moves");
        if let Some(refused) = batch.samples.iter().find(|sample| (self.refuses)(sample)) {
            return Err(PortError::Rejected { what: "store", reason: format!("no {}", refused.value) });
        }
        let (mut kept, mut appended) = (self.kept.lock().unwrap(), Appended::default());
        for sample in &batch.samples {
            let times = kept.entry(sample.collected_at).or_default();
            *times += 1;
            if *times == 1 { appended.stored += 1 } else { appended.repeated += 1 }
        }
        Ok(appended)
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        self.call().map(|()| 1)
    }

    async fn series(&self, _: &SeriesFilter, _: &Page) -> Result<SeriesPage, PortError> {
        unreachable!("only appended to and pruned")
    }

    async fn latest(&self, _: &SeriesFilter, _: &Page, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        unreachable!("only appended to and pruned")
    }

    async fn series_count(&self) -> Result<u64, PortError> {
        self.call().map(|()| self.kept.lock().unwrap().len() as u64)
    }

    async fn newest(&self, _: &SeriesFilter, _: usize, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        unreachable!("only appended to and pruned")
    }

    async fn samples(
        &self,
        _: Range<Timestamp>,
        _: Option<&SampleKey>,
        _: usize,
    ) -> Result<Vec<Sample>, PortError> {
        unreachable!("only appended to and pruned")
    }

    async fn range(&self, _: &RangeQuery, _: usize) -> Result<Vec<SeriesPoints>, PortError> {
        unreachable!("only appended to and pruned")
    }

    async fn roll_up(&self, _: &RollupQuery, _: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        unreachable!("only appended to and pruned")
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        unreachable!("only appended to and pruned")
    }

    async fn check(&self) -> Result<(), PortError> {
        unreachable!("only appended to and pruned")
    }
}
