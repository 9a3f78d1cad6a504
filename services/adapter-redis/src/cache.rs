//! The cache on Redis.

use crate::entry;
use crate::error::{broken, port_error};
use crate::options::RedisOptions;
use crate::script::{self, Keys};
use async_trait::async_trait;
use parking_lot::Mutex;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, Pipeline};
use std::collections::HashMap;
use std::time::Instant;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{KeyRange, Sample, Seldom, SeriesFilter, Timestamp};
use watchkeeper_ports::{
    Advance, Deleted, LatestCache, Offset, Page, PortError, SeriesDeletion, TopicId, TopicPartition,
    TtlPolicy,
};
use watchkeeper_wire::sample::SampleDecoder;

/// Samples for one script call. Redis serves nobody else meanwhile: some milliseconds.
const SCRIPT_SAMPLES: usize = 500;
/// Series that one step of a query or a sweep examines.
const STEP_SERIES: usize = 1_000;

/// The latest values and answers in Redis.
pub struct RedisCache {
    connection: ConnectionManager,
    pub(crate) keys: Keys,
    max_series: usize,
    /// Lines about series for which there is no room.
    told: Mutex<Seldom>,
}

impl RedisCache {
    /// Creates the client; requires a tokio runtime. Connects on first use, and reconnects whenever the
    /// connection is lost.
    ///
    /// # Errors
    /// [`PortError::Broken`] when the URL is not valid.
    pub fn new(options: &RedisOptions) -> Result<Self, PortError> {
        let client = Client::open(options.url.as_str()).map_err(|error| port_error(&error))?;
        // Callers retry, and report that they wait.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(options.timeout))
            .set_response_timeout(Some(options.timeout));
        let connection = ConnectionManager::new_lazy_with_config(client, config);
        Ok(Self {
            connection: connection.map_err(|error| port_error(&error))?,
            keys: Keys::new(&options.prefix),
            max_series: options.max_series,
            told: Mutex::default(),
        })
    }

    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, PortError> {
        command.query_async(&mut self.connection.clone()).await.map_err(|error| port_error(&error))
    }
}

#[async_trait]
impl SeriesDeletion for RedisCache {
    async fn delete(&self, filter: &SeriesFilter, after: &str) -> Result<Deleted, PortError> {
        let KeyRange { after, before } = KeyRange::of(filter, Some(after));
        let mut page = self.keys.call(script::PAGE);
        page.arg(excluded(&after)).arg(excluded(&before)).arg(STEP_SERIES);
        let (last, entries): (String, Vec<Option<Vec<u8>>>) = self.ask(&page).await?;
        let (mut decoder, mut call, mut any) =
            (SampleDecoder::default(), self.keys.call(script::DELETE), false);
        for entry in entries.iter().flatten() {
            // As of the epoch nothing has expired.
            let sample = entry::read(&mut decoder, entry, Timestamp::MIN).map_err(broken)?;
            if let Some(sample) = sample.filter(|sample| filter.matches(&sample.series)) {
                call.arg(sample.series.key());
                any = true;
            }
        }
        let series = if any { self.ask(&call).await? } else { 0 };
        Ok(Deleted { series, items: series, next: Some(last).filter(|last| !last.is_empty()) })
    }
}

#[async_trait]
impl LatestCache for RedisCache {
    /// One round trip, however many samples there are.
    async fn put(&self, samples: &[Sample], ttl: &TtlPolicy, now: Timestamp) -> Result<(), PortError> {
        let mut calls = Pipeline::new();
        let latest = latest_possible(now);
        for some in newest_of_each(samples, latest).chunks(SCRIPT_SAMPLES) {
            let mut call = self.keys.call(script::PUT);
            call.arg(entry::instant(now)).arg(entry::instant(latest)).arg(self.max_series);
            for sample in some {
                let expires = now.plus(ttl.of(sample.series.source()));
                call.arg(sample.series.key()).arg(entry::write(sample, expires)).arg(entry::instant(expires));
            }
            calls.add_command(call);
        }
        if calls.is_empty() {
            return Ok(());
        }
        let left: Vec<usize> =
            calls.query_async(&mut self.connection.clone()).await.map_err(|error| port_error(&error))?;
        let left: usize = left.iter().sum();
        if let Some(samples) = self.told.lock().admit(left as u64, Instant::now()) {
            tracing::warn!(samples, max_series = self.max_series, "the cache is full: skipping new series");
        }
        Ok(())
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        let KeyRange { mut after, before } = KeyRange::of(filter, page.after.as_deref());
        let (mut decoder, mut found) = (SampleDecoder::default(), Vec::new());
        while found.len() < page.limit {
            let mut call = self.keys.call(script::PAGE);
            call.arg(excluded(&after)).arg(excluded(&before)).arg(STEP_SERIES);
            let (last, entries): (String, Vec<Option<Vec<u8>>>) = self.ask(&call).await?;
            for entry in entries.iter().flatten() {
                let sample = entry::read(&mut decoder, entry, now).map_err(broken)?;
                found.extend(sample.filter(|sample| {
                    sample.collected_at <= latest_possible(now) && filter.matches(&sample.series)
                }));
            }
            if last.is_empty() {
                break;
            }
            after = last;
        }
        found.truncate(page.limit);
        Ok(found)
    }

    async fn positions(
        &self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
    ) -> Result<Vec<Option<Offset>>, PortError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.keys.call_on_positions(script::POSITIONS);
        for partition in partitions {
            call.arg(field(partition, topic_id));
        }
        self.ask(&call).await
    }

    async fn advance(&self, advances: &[Advance]) -> Result<(), PortError> {
        if advances.is_empty() {
            return Ok(());
        }
        let mut call = self.keys.call_on_positions(script::ADVANCE);
        for Advance { partition, topic_id, expected, next, .. } in advances {
            let expected = expected.map_or_else(String::new, |offset| offset.to_string());
            call.arg(field(partition, topic_id)).arg(expected).arg(*next);
        }
        let Some((number, found)) = self.ask::<Option<(usize, String)>>(&call).await? else { return Ok(()) };
        let elsewhere = number.checked_sub(1).and_then(|index| advances.get(index));
        elsewhere
            .ok_or_else(|| broken("a script returned an impossible result"))?
            .check_noted(found.parse().ok())
    }

    async fn len(&self) -> Result<usize, PortError> {
        self.ask(redis::cmd("HLEN").arg(&self.keys.samples)).await
    }

    async fn sweep(&self, now: Timestamp) -> Result<(), PortError> {
        loop {
            let mut call = self.keys.call(script::SWEEP);
            call.arg(entry::instant(now)).arg(STEP_SERIES);
            let removed: usize = self.ask(&call).await?;
            if removed < STEP_SERIES {
                return Ok(());
            }
        }
    }
}

/// The newest sample up to `latest` of each series, the first of equally new ones: the others would be
/// replaced anyway.
fn newest_of_each(samples: &[Sample], latest: Timestamp) -> Vec<&Sample> {
    let mut newest: HashMap<&str, &Sample> = HashMap::with_capacity(samples.len());
    for sample in samples.iter().filter(|sample| sample.collected_at <= latest) {
        let known = newest.entry(sample.series.key()).or_insert(sample);
        if sample.collected_at > known.collected_at {
            *known = sample;
        }
    }
    newest.into_values().collect()
}

/// The hash field of a partition's position.
fn field(partition: &TopicPartition, topic_id: &TopicId) -> String {
    format!("{partition} {topic_id}")
}

/// An exclusive bound for ZRANGEBYLEX.
fn excluded(key: &str) -> String {
    format!("({key}")
}
