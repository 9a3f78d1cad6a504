//! Requests to Kafka that need no group membership. Every call blocks.

mod first;
mod groups;
mod reader;
mod stretch;
mod topic_id;

use crate::client_log::ClientLog;
use crate::error::{rejected, unavailable};
use crate::names::Names;
use crate::publish::Publisher;
use crate::received::{Received, offset, raw_offset};
use crate::settings::Settings;
use groups::Groups;
use rdkafka::consumer::BaseConsumer;
use rdkafka::metadata::{Metadata, MetadataPartition, MetadataTopic};
use rdkafka::types::RDKafkaRespErr;
use reader::{Range, Reader, Reading};
use std::sync::Arc;
use std::time::Duration;
use stretch::{Stretch, stretch};
use watchkeeper_ports::{
    Group, Lag, Offset, PortError, ReceivedBatch, Topic, TopicId, TopicPartition, Unreadable, Watermarks,
};

/// The clients for these requests.
pub(crate) struct Questions {
    settings: Arc<Settings>,
    names: Names,
    publisher: Arc<Publisher>,
    groups: Groups,
    reader: Reader,
}

impl Questions {
    pub(crate) fn new(settings: Arc<Settings>, names: Names, publisher: Arc<Publisher>) -> Self {
        Self { settings, names, publisher, groups: Groups::default(), reader: Reader::default() }
    }

    fn patience(&self) -> Duration {
        self.settings.options().timeout
    }

    /// The brokers' metadata of all topics. A request for one topic could create it, if the brokers are
    /// configured so.
    pub(crate) fn metadata(&self) -> Result<Metadata, PortError> {
        self.publisher.judge(self.publisher.client().fetch_metadata(None, self.patience()))
    }

    /// Every topic with the prefix, by name.
    pub(crate) fn topics(&self) -> Result<Vec<Topic>, PortError> {
        let metadata = self.metadata()?;
        let mut topics: Vec<Topic> =
            metadata.topics().iter().filter_map(|topic| self.names.topic_of(topic.name())).collect();
        topics.sort_unstable();
        Ok(topics)
    }

    /// The number of each partition of `topic`, ascending; none if there is no such topic.
    pub(crate) fn partitions(&self, topic: &Topic) -> Result<Vec<i32>, PortError> {
        let metadata = self.metadata()?;
        let mut numbers: Vec<i32> = find(&metadata, &self.names.topic(topic))
            .map(|found| found.partitions().iter().map(MetadataPartition::id).collect())
            .unwrap_or_default();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The cluster's ID and the topic's. A cluster that was replaced has another ID, even where brokers
    /// before 2.8 have no topic IDs.
    pub(crate) fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        let (client, name) = (self.publisher.client(), self.names.topic(topic));
        let in_cluster = self.publisher.judge(topic_id::ask(client, &name, self.patience()))?;
        let cluster = client.fetch_cluster_id(self.patience());
        let cluster = cluster.ok_or_else(|| unavailable("no broker has reported its cluster ID"))?;
        Ok(TopicId::new(format!("{cluster}/{in_cluster}")))
    }

    pub(crate) fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        self.partitions(topic)?.into_iter().map(|number| self.marks(topic, number)).collect()
    }

    fn marks(&self, topic: &Topic, number: i32) -> Result<Watermarks, PortError> {
        let name = self.names.topic(topic);
        let watermarks = self.publisher.client().fetch_watermarks(&name, number, self.patience());
        let (earliest, end) = self.publisher.judge(watermarks)?;
        let partition = TopicPartition::new(topic.clone(), number.unsigned_abs());
        Ok(Watermarks { partition, low: offset(earliest), high: offset(end) })
    }

    pub(crate) fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        let watermarks = self.watermarks(topic)?;
        if watermarks.is_empty() {
            return Ok(Vec::new());
        }
        let name = self.names.topic(topic);
        let committed = self.groups.committed(
            &self.names.group(group),
            &name,
            watermarks.len(),
            self.patience(),
            |group| self.consumer(group),
        )?;
        let lag = |Watermarks { partition, low: earliest, high: end }| {
            let committed = committed.get(&partition.partition).copied().unwrap_or(earliest);
            Lag { partition, low: earliest, committed: committed.max(earliest), high: end }
        };
        Ok(watermarks.into_iter().map(lag).collect())
    }

    pub(crate) fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError> {
        let numbers = self.partitions(&partition.topic)?;
        let number = numbers.iter().find(|number| number.unsigned_abs() == partition.partition);
        let Some(number) = number else {
            if numbers.is_empty() {
                return Ok(reader::nothing(partition.clone(), from));
            }
            return Err(rejected(format!("there is no partition {partition}, only {}", numbers.len())));
        };
        let Watermarks { low: earliest, high: end, .. } = self.marks(&partition.topic, *number)?;
        let from = from.max(earliest);
        if from >= end || max_records == 0 {
            return Ok(reader::nothing(partition.clone(), from));
        }
        let topic = self.names.topic(&partition.topic);
        let range = Range { topic, number: *number, from: raw_offset(from), end, max_records };
        let create = || self.consumer(&self.names.no_group());
        match self.reader.read(&range, partition.clone(), self.patience(), create)? {
            Reading::Read(batch) => Ok(batch),
            Reading::Unreadable => self.unreadable(partition, from)?.ok_or_else(|| {
                unavailable(format!("{partition} could not be read at offset {from}, but now can be"))
            }),
        }
    }

    /// A placeholder for the first records from an offset on, if these cannot be read.
    pub(crate) fn unreadable(
        &self,
        partition: &TopicPartition,
        from: Offset,
    ) -> Result<Option<ReceivedBatch>, PortError> {
        let number = i32::try_from(partition.partition).map_err(|error| rejected(error.to_string()))?;
        let Watermarks { low: earliest, high: end, .. } = self.marks(&partition.topic, number)?;
        // Where a consumer continues that sought beyond the high watermark.
        let from = if (earliest..=end).contains(&from) { from } else { earliest };
        let topic = self.names.topic(&partition.topic);
        if from >= end {
            return Ok(None);
        }
        let consumer = self.consumer(&self.names.no_group())?;
        let first = |offset| first::first(&consumer, &topic, number, offset, self.patience());
        let found = stretch(raw_offset(from), raw_offset(end), first)?;
        Ok(found.map(|Stretch { from, next, reason }| {
            let (from, next) = (offset(from), offset(next));
            let TopicPartition { topic, partition: number } = partition;
            tracing::warn!(%topic, partition = number, offset = from, next_offset = next, error = reason, "skipping records that cannot be read");
            Received::unreadable(partition.clone(), from, Unreadable { next, reason })
        }))
    }

    /// The offset that `group` has committed in a partition; `None` if there is none.
    pub(crate) fn committed(
        &self,
        partition: &TopicPartition,
        group: &Group,
    ) -> Result<Option<Offset>, PortError> {
        let lags = self.lag(&partition.topic, group)?;
        Ok(lags.into_iter().find(|lag| lag.partition == *partition).map(|lag| lag.committed))
    }

    fn consumer(&self, group: &str) -> Result<BaseConsumer<ClientLog>, PortError> {
        crate::settings::create(&self.settings.reader(group), ClientLog::of(format!("reader of {group}")))
    }
}

/// The metadata of the topic with this name in Kafka.
pub(crate) fn find<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a MetadataTopic> {
    let is_known = |topic: &&MetadataTopic| {
        topic.error() != Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    };
    metadata.topics().iter().find(|topic| topic.name() == name).filter(is_known)
}
