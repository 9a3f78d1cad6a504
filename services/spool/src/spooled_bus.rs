//! The bus that a role publishes to.

use crate::forward::keep_forwarding;
use crate::spool::Spool;
use crate::state::SpoolState;
use crate::watched::WatchedBus;
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, Subscription, Tail,
    Topic, TopicId, TopicPartition, Watermarks,
};
use watchkeeper_runtime::probe::PROBE_EVERY;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds};

/// A bus of the role's own on the local disk that keeps records while the bus is unavailable; or why it cannot be
/// opened. It has one partition per topic, keeps records until its only group has committed them, and refuses records
/// beyond its capacity.
pub type SpoolPort = Result<Arc<dyn EventBus>, PortError>;

/// The bus that a role publishes to: while the bus behind it is unavailable, records of any topic go to the spool, if
/// there is one. The role then depends on the spool, else on the bus.
///
/// Published records are durable when [`publish`](EventBus::publish) returns, as with any bus; spooled records of the
/// topic cannot be read yet. All other methods are those of the bus behind it.
pub struct SpooledBus {
    context: RoleContext,
    bus: Arc<dyn EventBus>,
    way: Way,
}

/// The route of batches.
enum Way {
    Bus(WatchedBus),
    Spool(Box<Spool>),
}

impl SpooledBus {
    /// In front of `bus`. If the spool cannot be opened, records go to the bus alone, and the role is not ready.
    /// `topic` is one that the role publishes to: health checks query it.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: &RoleContext,
        bus: Arc<dyn EventBus>,
        spool: Option<SpoolPort>,
        topic: Topic,
    ) -> Result<Self, prometheus::Error> {
        let way = match spool {
            Some(Ok(disk)) => Way::Spool(Box::new(Spool::new(context, Arc::clone(&bus), disk, topic)?)),
            no_spool => {
                if let Some(Err(error)) = no_spool {
                    tracing::error!(%error, "cannot open the spool: records cannot be spooled while the bus is unavailable");
                    context.dependency("spool").down(error);
                }
                Way::Bus(WatchedBus::new(Arc::clone(&bus), topic, context.dependency("bus")))
            }
        };
        Ok(Self { context: context.clone(), bus, way })
    }

    /// Monitors the dependencies and forwards the spool until the role stops. The rest stays for the next start.
    ///
    /// # Errors
    /// A failure of the bus that only a restart helps.
    pub async fn run(&self) -> RoleResult {
        tokio::try_join!(self.keep_checking(), self.keep_forwarding())?;
        Ok(())
    }

    /// The state of the spool, as of the last check.
    pub fn state(&self) -> SpoolState {
        match &self.way {
            Way::Bus(_) => SpoolState::Idle,
            Way::Spool(spool) => spool.state(),
        }
    }

    /// The role's status line, after the address of the bus while records are spooled.
    pub fn with_address(&self, status: impl fmt::Display) -> String {
        match self.state() {
            SpoolState::Spooling { .. } => self.context.roster().with_address("bus", status),
            SpoolState::Idle | SpoolState::Replaying { .. } => status.to_string(),
        }
    }

    /// The dependency of the role: `bus` or `spool`.
    pub fn dependency(&self) -> &'static str {
        match &self.way {
            Way::Bus(bus) => bus.dependency.name(),
            Way::Spool(spool) => spool.dependency.name(),
        }
    }

    async fn keep_checking(&self) -> RoleResult {
        let heartbeat = self.context.heartbeat("check");
        let mut rounds = Rounds::every(PROBE_EVERY, &self.context, &heartbeat);
        while rounds.next(async { Ok(self.check().await?) }).await? {}
        Ok(())
    }

    async fn check(&self) -> Result<(), PortError> {
        match &self.way {
            Way::Bus(bus) => bus.check().await,
            Way::Spool(spool) => spool.check().await,
        }
    }

    async fn keep_forwarding(&self) -> RoleResult {
        if let Way::Spool(spool) = &self.way {
            keep_forwarding(&self.context, spool).await;
        }
        Ok(())
    }
}

#[async_trait]
impl EventBus for SpooledBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        match &self.way {
            Way::Bus(bus) => bus.publish(topic, batch).await,
            Way::Spool(spool) => spool.publish(topic, batch).await,
        }
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        self.bus.placement(topic).await
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        self.bus.topic_id(topic).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        self.bus.subscribe(topic, group).await
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        self.bus.tail(topic).await
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError> {
        self.bus.read(partition, from, max_records).await
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        self.bus.watermarks(topic).await
    }

    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        self.bus.lag(topic, group).await
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        self.bus.topics().await
    }
}
