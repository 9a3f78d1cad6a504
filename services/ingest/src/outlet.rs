//! Where batches go.

use crate::spool::{Spool, SpoolState, keep_forwarding};
use crate::watched_bus::WatchedBus;
use std::sync::Arc;
use watchkeeper_ports::{EventBus, PortError, RecordBatch};
use watchkeeper_runtime::{RoleContext, RoleResult};

/// A bus of the role's own on the local disk, in which samples wait while the bus is away; or why it cannot
/// be opened. It has one partition to a topic, keeps for as long as it takes what its only group has not
/// committed, and refuses what is more than it has room for.
pub type SpoolPort = Result<Arc<dyn EventBus>, PortError>;

/// Where batches go: to the bus, and to the spool when there is one and the bus is away.
pub(crate) enum Outlet {
    Bus(WatchedBus),
    Spool(Box<Spool>),
}

impl Outlet {
    /// With a spool that cannot be opened, samples go to the bus alone, and the role is not ready.
    pub(crate) fn new(
        context: &RoleContext,
        bus: Arc<dyn EventBus>,
        spool: Option<SpoolPort>,
    ) -> Result<Self, prometheus::Error> {
        match spool {
            Some(Ok(spool)) => return Ok(Self::Spool(Box::new(Spool::new(context, bus, spool)?))),
            Some(Err(error)) => {
                tracing::error!(%error, "no samples are kept while the bus is away");
                context.dependency("spool").down(error);
            }
            None => {}
        }
        Ok(Self::Bus(WatchedBus::new(bus, context.dependency("bus"))))
    }

    /// Publishes a batch; it is durable when this returns `Ok`.
    pub(crate) async fn publish(&self, batch: RecordBatch) -> Result<(), PortError> {
        match self {
            Self::Bus(bus) => bus.publish(batch).await,
            Self::Spool(spool) => spool.publish(batch).await,
        }
    }

    /// Looks whether what the role depends on answers, and what waits.
    ///
    /// # Errors
    /// Only a failure of the bus that a restart may help.
    pub(crate) async fn check(&self) -> Result<SpoolState, PortError> {
        match self {
            Self::Bus(bus) => bus.check().await.map(|()| SpoolState::Idle),
            Self::Spool(spool) => spool.check().await,
        }
    }

    /// Takes what waits in the spool to the bus until the role is asked to stop.
    pub(crate) async fn keep_forwarding(&self, context: &RoleContext) -> RoleResult {
        if let Self::Spool(spool) = self {
            keep_forwarding(context, spool).await;
        }
        Ok(())
    }
}
