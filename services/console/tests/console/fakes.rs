//! A bus and stores in memory, which can also be away.
#![expect(clippy::unimplemented, reason = "to call it would be a mistake")]

mod alerting;

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use watchkeeper_console::ConsolePorts;
use watchkeeper_domain::{
    Accumulator, Aggregate, Alert, Notification, Point, RangeQuery, RollupQuery, Sample, Series,
    SeriesFilter, SeriesPoints, SeriesRollups, Silence, Timestamp,
};
use watchkeeper_ports::{
    Advance, EventBus, Group, Lag, LatestCache, Offset, Page, Placement, PortError, ReceivedBatch, Record,
    RecordBatch, SampleQueries, SeriesPage, Subscription, Tail, Topic, TopicId, TopicPartition, TtlPolicy,
    Watermarks,
};
use watchkeeper_rules::RuleSet;

/// What every port answers from.
#[derive(Clone, Default)]
pub(crate) struct World {
    /// All samples there are, in any order.
    pub(crate) samples: Vec<Sample>,
    /// The topic `metrics.dead`, one partition.
    pub(crate) dead_letters: RecordBatch,
    /// Bytes of keys and values after which a read of the bus ends, if it does for that.
    pub(crate) read_ends_after: Option<usize>,
    /// Whether the store refuses to take a percentile, as of too many values.
    pub(crate) refuses_p95: bool,
    /// How far each group is behind, by its name.
    pub(crate) lags: BTreeMap<&'static str, Vec<Lag>>,
    /// All alerts there are, in any order.
    pub(crate) alerts: Vec<Alert>,
    /// The newest first.
    pub(crate) notifications: Vec<Notification>,
    pub(crate) silences: Vec<Silence>,
    pub(crate) rules: Arc<RuleSet>,
    /// Which ports do not answer as they should.
    pub(crate) cache: Mood,
    pub(crate) store: Mood,
    pub(crate) bus: Mood,
    pub(crate) alert_store: Mood,
    pub(crate) outbox: Mood,
    pub(crate) silence_store: Mood,
}

/// How a port is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Answers,
    Refuses,
    IsSilent,
}

impl Mood {
    async fn answer<T>(self, what: &'static str, answer: T) -> Result<T, PortError> {
        match self {
            Self::Answers => Ok(answer),
            Self::Refuses => Err(PortError::Unavailable { what, reason: "<b>refused</b>".into() }),
            Self::IsSilent => pending().await,
        }
    }
}

impl World {
    pub(crate) fn ports(self) -> ConsolePorts {
        let world = Arc::new(self);
        ConsolePorts {
            bus: world.clone(),
            samples: world.clone(),
            latest: world.clone(),
            alerts: world.clone(),
            notifications: world.clone(),
            silences: world,
        }
    }

    fn by_series(&self, filter: &SeriesFilter) -> BTreeMap<Arc<Series>, Vec<&Sample>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for sample in self.samples.iter().filter(|sample| filter.matches(&sample.series)) {
            found.entry(sample.series.clone()).or_default().push(sample);
        }
        for samples in found.values_mut() {
            samples.sort_by_key(|sample| sample.collected_at);
        }
        found
    }

    fn latest_of(&self, filter: &SeriesFilter, page: &Page) -> Vec<Sample> {
        let is_after = |series: &Series| page.after.as_deref().is_none_or(|after| series.key() > after);
        let found = self.by_series(filter).into_iter().filter(|(series, _)| is_after(series));
        found.filter_map(|(_, samples)| samples.last().copied().cloned()).take(page.limit).collect()
    }
}

#[async_trait]
impl LatestCache for World {
    async fn put(&self, _: &[Sample], _: &TtlPolicy, _: Timestamp) -> Result<(), PortError> {
        unimplemented!("the console only reads")
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        _: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.cache.answer("cache", self.latest_of(filter, page)).await
    }

    async fn positions(&self, _: &[TopicPartition], _: &TopicId) -> Result<Vec<Option<Offset>>, PortError> {
        unimplemented!("the console only reads")
    }

    async fn advance(&self, _: &[Advance]) -> Result<(), PortError> {
        unimplemented!("the console only reads")
    }

    async fn len(&self) -> Result<usize, PortError> {
        self.cache.answer("cache", self.by_series(&SeriesFilter::default()).len()).await
    }

    async fn sweep(&self, _: Timestamp) -> Result<(), PortError> {
        unimplemented!("the console only reads")
    }
}

fn windows(samples: &[&Sample], query: &RangeQuery) -> Vec<Point> {
    let mut windows: BTreeMap<Timestamp, Accumulator> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| (query.from()..query.to()).contains(&sample.collected_at)) {
        let start = sample.collected_at.window_start(query.step());
        windows.entry(start).or_insert_with(|| Accumulator::new(query.aggregate())).add(sample.value);
    }
    windows.into_iter().filter_map(|(at, mut window)| Some(Point { at, value: window.take()? })).collect()
}

#[async_trait]
impl SampleQueries for World {
    async fn series(&self, _: &SeriesFilter, _: &Page) -> Result<SeriesPage, PortError> {
        unimplemented!("the console takes its series from the cache")
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        _: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.store.answer("store", self.latest_of(filter, page)).await
    }

    async fn newest(&self, _: &SeriesFilter, _: usize, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        unimplemented!("the console takes the latest values from the cache")
    }

    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError> {
        if self.refuses_p95 && query.aggregate() == Aggregate::P95 {
            return Err(PortError::Rejected { what: "store", reason: "too many values".into() });
        }
        let found = self.by_series(query.filter()).into_iter();
        let found = found.map(|(series, samples)| SeriesPoints { series, points: windows(&samples, query) });
        let found = found.filter(|series| !series.points.is_empty()).take(max_series).collect();
        self.store.answer("store", found).await
    }

    async fn roll_up(&self, _: &RollupQuery, _: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        unimplemented!("the console makes no rollups")
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        unimplemented!("the console makes no rollups")
    }
}

#[async_trait]
impl EventBus for World {
    async fn publish(&self, _: &Topic, _: RecordBatch) -> Result<(), PortError> {
        unimplemented!("the console only reads")
    }

    async fn subscribe(&self, _: &Topic, _: &Group) -> Result<Box<dyn Subscription>, PortError> {
        unimplemented!("the console is in no group")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unimplemented!("the page follows the stream of the API")
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError> {
        let wanted = |offset: &Offset| *offset >= from;
        let all = (0..).zip(self.dead_letters.iter());
        let mut bytes = 0;
        let mut has_room = |record: &Record<'_>| {
            let has_room = self.read_ends_after.is_none_or(|limit| bytes < limit);
            bytes += record.key.len() + record.value.len();
            has_room
        };
        let some = all.filter(|(at, _)| wanted(at)).take(max_records);
        let (offsets, records): (Vec<_>, Vec<_>) = some.take_while(|(_, record)| has_room(record)).unzip();
        let batch = ReceivedBatch {
            partition: partition.clone(),
            records: records.into_iter().collect(),
            next: offsets.last().map_or(from, |last| last + 1),
            offsets,
            appended_at: Timestamp::MIN,
        };
        self.bus.answer("bus", batch).await
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        let partition = TopicPartition::new(topic.clone(), 0);
        let marks = Watermarks { partition, low: 0, high: self.dead_letters.len() as u64 };
        self.bus.answer("bus", vec![marks]).await
    }

    async fn lag(&self, _: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        self.bus.answer("bus", self.lags.get(group.name()).cloned().unwrap_or_default()).await
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        self.bus.answer("bus", vec![Topic::METRICS, Topic::METRICS.dead_letters()]).await
    }

    async fn topic_id(&self, _: &Topic) -> Result<TopicId, PortError> {
        Ok(TopicId::new("metrics"))
    }

    async fn placement(&self, _: &Topic) -> Result<Placement, PortError> {
        unimplemented!("the console only reads")
    }
}
