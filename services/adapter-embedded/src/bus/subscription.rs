//! A member of a group.

use super::cursor::Cursor;
use super::log::{self, Log};
use super::ongoing::Ongoing;
use super::{Shared, positions};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Delivery, Group, Offset, PortError, Position, Subscription, TopicPartition};

/// A member of a group. It waits for the assignment, finds the group's position, and keeps the assignment
/// until it is dropped.
pub(super) struct Member {
    bus: Arc<Shared>,
    partition: TopicPartition,
    group: Group,
    assignment: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    finding: Ongoing<Result<(Log, Offset), PortError>>,
    is_assigned: bool,
    cursor: Cursor,
}

impl Member {
    pub(super) fn new(bus: Arc<Shared>, partition: TopicPartition, group: Group) -> Self {
        let assignment = bus.assignments.of(&partition.topic, &group);
        let cursor = Cursor::at_end(bus.clone(), partition.topic.clone());
        Self {
            bus,
            partition,
            group,
            assignment,
            taken: None,
            finding: Ongoing::none(),
            is_assigned: false,
            cursor,
        }
    }

    async fn become_assigned(&mut self) -> Result<Delivery, PortError> {
        if self.taken.is_none() {
            // The semaphore of an assignment is never closed.
            self.taken = self.assignment.clone().acquire_owned().await.ok();
        }
        let (bus, topic, group) = (self.bus.clone(), self.partition.topic.clone(), self.group.clone());
        let find = async move { bus.database.read(move |conn| positions::find(conn, &topic, &group)).await };
        let (_, next) = self.finding.get(|| find).await?;
        self.cursor.move_to(next);
        self.is_assigned = true;
        Ok(Delivery::Assigned(vec![self.partition.clone()]))
    }

    fn check_assigned(&self, partition: &TopicPartition) -> Result<(), PortError> {
        if self.is_assigned && *partition == self.partition {
            return Ok(());
        }
        let reason = format!("{partition} is not assigned to this member of {}", self.group);
        Err(PortError::Rejected { what: super::NAME, reason })
    }

    async fn keep(&mut self, next: Offset) -> Result<(), PortError> {
        let (topic, group, now) = (self.partition.topic.clone(), self.group.clone(), Timestamp::now());
        self.bus.database.write(move |conn, _| positions::commit(conn, &topic, &group, next, now)).await
    }
}

#[async_trait]
impl Subscription for Member {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        if !self.is_assigned {
            return self.become_assigned().await;
        }
        Ok(Delivery::Records(self.cursor.records(max_records).await?))
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        self.check_assigned(&position.partition)?;
        let topic = self.partition.topic.clone();
        let log = self.bus.database.read(move |conn| log::find(conn, &topic)).await?;
        self.cursor.move_to(log.unwrap_or_default().resume(position.next));
        Ok(())
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        for position in positions {
            self.check_assigned(&position.partition)?;
        }
        match positions.last() {
            Some(last) => self.keep(last.next).await,
            None => Ok(()),
        }
    }
}
