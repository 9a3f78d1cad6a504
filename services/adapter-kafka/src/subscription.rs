//! A member of a group.

use crate::bus::in_time;
use crate::client::Change;
use crate::error::{is_settling, port_error, rejected, unavailable};
use crate::queues::Queues;
use crate::received::{offset, raw_offset};
use async_trait::async_trait;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset as KafkaOffset;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use watchkeeper_ports::{Delivery, Group, PortError, Position, Subscription, TopicPartition};

/// Pause before retrying a commit or a seek that failed because the group was rebalancing.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// A member of a group.
///
/// A rebalance is delivered first, and applied with the caller's next call. So an assigned partition begins
/// where the caller sought, without fetching records in vain, and a revoked one stays until the caller has
/// stored and committed pending records.
pub(crate) struct Member {
    group: Group,
    queues: Queues,
    /// The change that was delivered.
    delivered: Option<Change>,
    /// Where the caller sought to in the delivered partitions.
    sought: BTreeMap<i32, i64>,
    patience: Duration,
}

impl Member {
    pub(crate) fn new(group: Group, queues: Queues, patience: Duration) -> Self {
        Self { group, queues, delivered: None, sought: BTreeMap::new(), patience }
    }

    /// Applies the delivered change. librdkafka's own thread does it, without blocking.
    fn make_delivered(&mut self) -> Result<(), PortError> {
        let Some(change) = self.delivered.take() else { return Ok(()) };
        match &change {
            Change::Assign(partitions) => {
                for partition in partitions {
                    let next = self.sought.get(partition).map(|next| offset(*next));
                    self.queues.open(*partition, next)?;
                }
            }
            Change::Revoke(partitions) => partitions.iter().for_each(|number| self.queues.close(*number)),
        }
        change.make(self.queues.consumer(), self.queues.name(), &self.sought)?;
        self.sought.clear();
        self.queues.consumer().context().change_is_made();
        Ok(())
    }

    fn deliver(&mut self, change: Change) -> Delivery {
        let all = |numbers: &[i32]| numbers.iter().map(|number| self.queues.partition(*number)).collect();
        let delivery = match &change {
            Change::Assign(partitions) => Delivery::Assigned(all(partitions)),
            Change::Revoke(partitions) => Delivery::Revoked(all(partitions)),
        };
        self.delivered = Some(change);
        delivery
    }

    /// Whether the partition was delivered, but is not consumed yet.
    fn is_coming(&self, number: i32) -> bool {
        matches!(&self.delivered, Some(Change::Assign(partitions)) if partitions.contains(&number))
    }

    /// The number of an assigned partition in Kafka.
    fn assigned(&self, partition: &TopicPartition) -> Result<i32, PortError> {
        i32::try_from(partition.partition)
            .ok()
            .filter(|number| *partition == self.queues.partition(*number))
            .filter(|number| self.is_coming(*number) || self.queues.is_open(*number))
            .ok_or_else(|| rejected(format!("{partition} is not assigned to this member of {}", self.group)))
    }

    /// Retries transient errors until the call succeeds or the timeout ends.
    async fn until_settled(
        &self,
        passes: impl Fn(&KafkaError) -> bool,
        attempt: impl Fn(&Queues) -> Attempt,
    ) -> Result<(), PortError> {
        let give_up_at = Instant::now() + self.patience;
        loop {
            let outcome = async {
                let attempted = spawn_blocking(attempt(&self.queues)).await;
                attempted.map_err(|error| unavailable(error.to_string()))
            };
            match in_time(self.patience, outcome).await? {
                Ok(()) => return Ok(()),
                Err(error) if !passes(&error) || Instant::now() >= give_up_at => {
                    return Err(port_error(&error));
                }
                Err(_) => sleep(TRY_AGAIN).await,
            }
        }
    }
}

/// A call of librdkafka that waits for a broker.
type Attempt = Box<dyn FnOnce() -> Result<(), KafkaError> + Send>;

#[async_trait]
impl Subscription for Member {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        // The last change was delivered: the caller has had its chance to seek or commit.
        self.make_delivered()?;
        loop {
            let events = self.queues.consumer().context();
            // A rebalance goes before records: the group waits for it.
            if let Some(change) = events.take_change() {
                return Ok(self.deliver(change));
            }
            if let Some(failure) = events.take_failure() {
                return Err(failure);
            }
            if let Some(batch) = self.queues.take(max_records).await? {
                return Ok(Delivery::Records(batch));
            }
            self.queues.consumer().context().news().notified().await;
        }
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        let number = self.assigned(&position.partition)?;
        let raw = raw_offset(position.next);
        if self.is_coming(number) {
            self.sought.insert(number, raw);
            return Ok(());
        }
        // A seek fails while the committed offset of the partition is still being fetched.
        self.until_settled(
            |error| matches!(error, KafkaError::Seek(_)),
            |queues| {
                let (consumer, name) = (queues.consumer().clone(), queues.name().to_owned());
                let patience = self.patience;
                Box::new(move || consumer.seek(&name, number, KafkaOffset::Offset(raw), patience))
            },
        )
        .await?;
        self.queues.moved(number, position.next);
        Ok(())
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for position in positions {
            let number = self.assigned(&position.partition)?;
            let next = KafkaOffset::Offset(raw_offset(position.next));
            list.add_partition_offset(self.queues.name(), number, next)
                .map_err(|error| port_error(&error))?;
        }
        if positions.is_empty() {
            return Ok(());
        }
        // A member that has lost its partitions must not commit for others.
        let passes = |error: &KafkaError| is_settling(error) && !self.queues.consumer().assignment_lost();
        self.until_settled(passes, |queues| {
            let (consumer, list) = (queues.consumer().clone(), list.clone());
            Box::new(move || consumer.commit(&list, CommitMode::Sync))
        })
        .await
    }
}
