//! What happens to a consumer, for whoever it belongs to.

use crate::error::unavailable;
use crate::journal::Journal;
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

/// How long a coordinator that was away may take to answer, until it is asked again.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// What librdkafka says of a group whose coordinator, one of the brokers, takes requests.
const WITH_COORDINATOR: &str = "up";

/// A change of the assignment that the group waits for: it goes on when the change is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// These partitions come.
    Assign(Vec<i32>),
    /// These go.
    Revoke(Vec<i32>),
}

impl Change {
    /// Makes it. A partition that comes begins at its offset in `sought`, or else where the group committed.
    pub(crate) fn make(
        &self,
        consumer: &BaseConsumer<Inbox>,
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

/// What happens to a consumer of one topic, and who is told.
pub(crate) struct Inbox {
    topic: String,
    journal: Journal,
    patience: Option<Duration>,
    news: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The group waits for one change at a time.
    change: Option<Change>,
    /// Whether that change was taken.
    is_taken: bool,
    /// What went wrong last.
    failure: Option<PortError>,
    /// Since when the group's coordinator is away.
    alone_since: Option<Instant>,
    is_closed: bool,
}

impl Inbox {
    /// Of a consumer of what Kafka calls `topic`. One that is in a group fails when the group's coordinator has been
    /// away for as long as its patience; one that is in none has none, and waits.
    pub(crate) fn new(topic: String, journal: Journal, patience: Option<Duration>) -> Self {
        Self { topic, journal, patience, news: Arc::default(), state: Mutex::default() }
    }

    /// What is notified when there is something new here.
    pub(crate) fn news(&self) -> &Arc<Notify> {
        &self.news
    }

    /// The change that the group waits for, unless it was taken already.
    pub(crate) fn take_change(&self) -> Option<Change> {
        let mut state = self.lock();
        if state.is_taken {
            return None;
        }
        state.is_taken = state.change.is_some();
        state.change.clone()
    }

    /// The change that was taken is made.
    pub(crate) fn change_is_made(&self) {
        let mut state = self.lock();
        (state.change, state.is_taken) = (None, false);
    }

    /// What went wrong since the last call.
    pub(crate) fn take_failure(&self) -> Option<PortError> {
        self.lock().failure.take()
    }

    pub(super) fn fail(&self, error: PortError) {
        self.lock().failure = Some(error);
        self.news.notify_one();
    }

    /// Whether the coordinator of its group was away when the consumer last said so.
    pub(super) fn is_alone(&self) -> bool {
        self.lock().alone_since.is_some()
    }

    /// Whether the coordinator takes questions, and so will hear that the consumer leaves. Blocks.
    pub(super) fn can_leave(&self, consumer: &BaseConsumer<Self>) -> bool {
        let asked = list(&self.topic, &[0], &BTreeMap::new());
        asked.and_then(|asked| consumer.committed_offsets(asked, ANSWERS_WITHIN)).is_ok()
    }

    /// Notes whether the coordinator is there, which the consumer says every few seconds.
    fn look(&self, is_there: bool, now: Instant) {
        let Some(patience) = self.patience else { return };
        if is_there {
            self.journal.forget_trouble();
            self.lock().alone_since = None;
            return;
        }
        let alone = now.duration_since(*self.lock().alone_since.get_or_insert(now));
        if alone >= patience {
            let reason = format!("the group's coordinator has been away for {} seconds", alone.as_secs());
            self.fail(self.journal.explain(unavailable(reason)));
        }
    }

    /// Nobody takes changes any more: the one that the group waits for is made, as is every one from now on.
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

    /// Leaves the change for whoever takes it, or gives it back if nobody will.
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
            tracing::debug!(topic = self.topic, %error, "an assignment could not be changed");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl ConsumerContext for Inbox {
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

impl ClientContext for Inbox {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.journal.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.journal.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        let is_there = statistics.cgrp.as_ref().is_some_and(|group| group.state == WITH_COORDINATOR);
        self.look(is_there, Instant::now());
        self.journal.stats(statistics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox() -> Inbox {
        Inbox::new("topic".into(), Journal::of("a test"), Some(Duration::from_secs(10)))
    }

    #[test]
    fn a_change_is_taken_once_and_the_next_one_after_it_is_made() {
        let (inbox, change) = (inbox(), Change::Assign(vec![1, 2]));
        assert_eq!(inbox.put(change.clone()), None);
        assert_eq!(inbox.take_change(), Some(change));
        assert_eq!(inbox.take_change(), None);
        inbox.change_is_made();
        assert_eq!(inbox.take_change(), None);
        let next = Change::Revoke(vec![1]);
        inbox.put(next.clone());
        assert_eq!(inbox.take_change(), Some(next));
    }

    #[tokio::test]
    async fn who_waits_hears_of_a_failure_also_when_it_came_before() {
        let inbox = inbox();
        inbox.fail(unavailable("away"));
        inbox.news().notified().await;
        assert!(inbox.take_failure().is_some() && inbox.take_failure().is_none());
    }
    #[test]
    fn it_is_a_failure_when_the_coordinator_was_away_for_too_long() {
        let (inbox, start) = (inbox(), Instant::now());
        let look = |is_there, second| {
            inbox.look(is_there, start + Duration::from_secs(second));
            inbox.take_failure().map(|failure| failure.to_string())
        };
        assert_eq!([look(true, 0), look(false, 5), look(false, 14)], [None, None, None]);
        let failure = look(false, 15).unwrap();
        assert!(failure.contains("away for 10 seconds"), "{failure}");
        assert!(look(false, 20).is_some() && inbox.is_alone(), "it is one for as long as nothing changes");
        assert_eq!([look(true, 25), look(false, 30), look(false, 39)], [None, None, None]);
    }
}
