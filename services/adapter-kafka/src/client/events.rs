//! A consumer's events, for its owner.

use crate::client_log::ClientLog;
use crate::error::unavailable;
use parking_lot::{Mutex, MutexGuard};
use rdkafka::Statistics;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset as KafkaOffset, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use watchkeeper_ports::PortError;

/// How long a recovered coordinator may take to answer before it is asked again.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// librdkafka's state of a group whose coordinator is available.
const WITH_COORDINATOR: &str = "up";

/// An assignment change that the group waits for: the rebalance continues when it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// These partitions are assigned.
    Assign(Vec<i32>),
    /// These partitions are revoked.
    Revoke(Vec<i32>),
}

impl Change {
    /// Applies it. An assigned partition begins at its offset in `sought`, or else at the group's committed
    /// one.
    pub(crate) fn make(
        &self,
        consumer: &BaseConsumer<ConsumerEvents>,
        topic: &str,
        sought: &BTreeMap<i32, i64>,
    ) -> Result<(), PortError> {
        let made = match self {
            Self::Assign(partitions) => {
                list(topic, partitions, sought).and_then(|list| consumer.incremental_assign(&list))
            }
            Self::Revoke(partitions) => {
                list(topic, partitions, sought).and_then(|list| consumer.incremental_unassign(&list))
            }
        };
        made.map_err(|error| unavailable(error.to_string()))
    }
}

/// These partitions of `topic`, each with its offset in `at` if it has one.
pub(crate) fn list(
    topic: &str,
    partitions: &[i32],
    at: &BTreeMap<i32, i64>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        let offset = at.get(partition).map_or(KafkaOffset::Invalid, |offset| KafkaOffset::Offset(*offset));
        list.add_partition_offset(topic, *partition, offset)?;
    }
    Ok(list)
}

/// The events of a consumer of one topic, and whom to wake.
pub(crate) struct ConsumerEvents {
    topic: String,
    client_log: ClientLog,
    patience: Option<Duration>,
    news: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The group waits for one change at a time.
    change: Option<Change>,
    /// Whether that change was delivered.
    is_taken: bool,
    failure: Option<PortError>,
    /// Since when the group's coordinator is unavailable.
    alone_since: Option<Instant>,
    is_closed: bool,
}

impl ConsumerEvents {
    /// For a consumer of the topic with this name in Kafka. A group member fails when its coordinator has
    /// been unavailable for `patience`; a consumer outside groups has no `patience`, and waits.
    pub(crate) fn new(topic: String, client_log: ClientLog, patience: Option<Duration>) -> Self {
        Self { topic, client_log, patience, news: Arc::default(), state: Mutex::default() }
    }

    pub(crate) fn news(&self) -> &Arc<Notify> {
        &self.news
    }

    /// The change that the group waits for, unless it was already delivered.
    pub(crate) fn take_change(&self) -> Option<Change> {
        let mut state = self.lock();
        if state.is_taken {
            return None;
        }
        state.is_taken = state.change.is_some();
        state.change.clone()
    }

    pub(crate) fn change_is_made(&self) {
        let mut state = self.lock();
        (state.change, state.is_taken) = (None, false);
    }

    /// The error since the last call.
    pub(crate) fn take_failure(&self) -> Option<PortError> {
        self.lock().failure.take()
    }

    pub(super) fn fail(&self, error: PortError) {
        self.lock().failure = Some(error);
        self.news.notify_one();
    }

    /// Whether the group's coordinator was unavailable according to the consumer's last statistics.
    pub(super) fn is_alone(&self) -> bool {
        self.lock().alone_since.is_some()
    }

    /// Whether the coordinator answers, and so will hear that the consumer leaves. Blocks.
    pub(super) fn can_leave(&self, consumer: &BaseConsumer<Self>) -> bool {
        let asked = list(&self.topic, &[0], &BTreeMap::new());
        asked.and_then(|asked| consumer.committed_offsets(asked, ANSWERS_WITHIN)).is_ok()
    }

    /// Records whether the coordinator is available, which the consumer reports every few seconds.
    fn look(&self, is_there: bool, now: Instant) {
        let Some(patience) = self.patience else { return };
        if is_there {
            self.client_log.forget_trouble();
            self.lock().alone_since = None;
            return;
        }
        let alone = now.duration_since(*self.lock().alone_since.get_or_insert(now));
        if alone >= patience {
            let reason =
                format!("the group's coordinator has been unavailable for {} seconds", alone.as_secs());
            self.fail(self.client_log.explain(unavailable(reason)));
        }
    }

    /// Closes the owner's side: the pending change is applied, and so is every later one.
    pub(super) fn close(&self, consumer: &BaseConsumer<Self>) {
        let left = {
            let mut state = self.lock();
            state.is_closed = true;
            state.change.take()
        };
        if let Some(change) = left {
            self.make_at_once(&change, consumer);
        }
    }

    /// Stores the change for delivery, or returns it if nobody will take it.
    fn put(&self, change: Change) -> Option<Change> {
        let mut state = self.lock();
        if state.is_closed {
            return Some(change);
        }
        (state.change, state.is_taken) = (Some(change), false);
        drop(state);
        self.news.notify_one();
        None
    }

    fn make_at_once(&self, change: &Change, consumer: &BaseConsumer<Self>) {
        if let Err(error) = change.make(consumer, &self.topic, &BTreeMap::new()) {
            tracing::debug!(topic = self.topic, %error, "could not apply an assignment");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl ConsumerContext for ConsumerEvents {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let partitions: Vec<i32> =
            partitions.elements().iter().map(TopicPartitionListElem::partition).collect();
        let concerns_nobody = partitions.is_empty();
        let change = if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            Change::Assign(partitions)
        } else {
            Change::Revoke(partitions)
        };
        let left = if concerns_nobody { Some(change) } else { self.put(change) };
        if let Some(change) = left {
            self.make_at_once(&change, consumer);
        }
    }
}

impl ClientContext for ConsumerEvents {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.client_log.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.client_log.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        let is_there = statistics.cgrp.as_ref().is_some_and(|group| group.state == WITH_COORDINATOR);
        self.look(is_there, Instant::now());
        self.client_log.stats(statistics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> ConsumerEvents {
        ConsumerEvents::new("topic".into(), ClientLog::of("a test"), Some(Duration::from_secs(10)))
    }

    #[test]
    fn a_change_is_taken_once_and_the_next_one_after_it_is_made() {
        let (events, change) = (events(), Change::Assign(vec![1, 2]));
        assert_eq!(events.put(change.clone()), None);
        assert_eq!(events.take_change(), Some(change));
        assert_eq!(events.take_change(), None);
        events.change_is_made();
        assert_eq!(events.take_change(), None);
        let next = Change::Revoke(vec![1]);
        events.put(next.clone());
        assert_eq!(events.take_change(), Some(next));
    }

    #[tokio::test]
    async fn who_waits_hears_of_a_failure_also_when_it_came_before() {
        let events = events();
        events.fail(unavailable("away"));
        events.news().notified().await;
        assert!(events.take_failure().is_some() && events.take_failure().is_none());
    }
    #[test]
    fn it_is_a_failure_when_the_coordinator_was_away_for_too_long() {
        let (events, start) = (events(), Instant::now());
        let look = |is_there, second| {
            events.look(is_there, start + Duration::from_secs(second));
            events.take_failure().map(|failure| failure.to_string())
        };
        assert_eq!([look(true, 0), look(false, 5), look(false, 14)], [None, None, None]);
        let failure = look(false, 15).unwrap();
        assert!(failure.contains("unavailable for 10 seconds"), "{failure}");
        assert!(look(false, 20).is_some() && events.is_alone(), "it is one for as long as nothing changes");
        assert_eq!([look(true, 25), look(false, 30), look(false, 39)], [None, None, None]);
    }
}
