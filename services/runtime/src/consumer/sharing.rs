//! Detects two stores that share a group: each would silently get the records of some partitions only.

use super::Source;
use crate::context::{RoleContext, RoleResult};
use crate::periodic::Rounds;
use crate::retry::Stopped;
use crate::roster::Dependency;
use crate::telemetry::register;
use prometheus::{IntGauge, Opts};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_ports::{EventBus, Group, Lag, Offset, PortError, PositionStore, Topic, TopicPartition};

/// How often to check.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Checks whether a consumer with another store commits for the group.
///
/// A member stores before it commits, so its store is never behind the group's committed offset. If it is, somebody
/// else has committed: a consumer with another store, or a tool that has reset the group's offsets. Reported only
/// when seen twice in a row, because a store restored from a backup is behind until it has caught up.
pub(super) struct Sharing {
    bus: Arc<dyn EventBus>,
    topic: Topic,
    group: Group,
    store: Option<Arc<dyn PositionStore>>,
    dependency: Option<Dependency>,
    partitions: IntGauge,
    context: RoleContext,
}

/// A partition whose committed offset is ahead of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Elsewhere {
    partition: TopicPartition,
    committed: Offset,
    stored: Offset,
}

impl Sharing {
    pub(super) fn new(context: &RoleContext, source: &Source) -> Result<Self, prometheus::Error> {
        let gauge = Opts::new(
            "watchkeeper_consumer_partitions_stored_elsewhere",
            "Partitions in which the group's committed offset is beyond this consumer's store: two stores share the group.",
        )
        .const_label("role", context.role())
        .const_label("topic", source.topic.name());
        let dependency = source.positions.as_ref().map(|_| context.dependency("group"));
        if let Some(dependency) = &dependency {
            dependency.up();
        }
        Ok(Self {
            bus: Arc::clone(&source.bus),
            topic: source.topic.clone(),
            group: source.group.clone(),
            store: source.positions.clone(),
            dependency,
            partitions: register(context.registry(), IntGauge::with_opts(gauge)?)?,
            context: context.clone(),
        })
    }

    /// Checks until the role stops. The role continues meanwhile: what it stores is correct, but incomplete.
    pub(super) async fn keep_looking(&self) -> RoleResult {
        let (Some(store), Some(dependency)) = (&self.store, &self.dependency) else { return Ok(()) };
        let heartbeat = self.context.heartbeat("sharing");
        let mut rounds = Rounds::every(LOOK_EVERY, &self.context, &heartbeat);
        let mut before = HashSet::new();
        while rounds.next(self.compare(&**store, dependency, &mut before)).await? {}
        Ok(())
    }

    /// `before` are the partitions found by the previous check.
    async fn compare(
        &self,
        store: &dyn PositionStore,
        dependency: &Dependency,
        before: &mut HashSet<TopicPartition>,
    ) -> Result<(), Stopped> {
        // An unavailable dependency is reported where it is needed.
        let Ok(now) = self.look(store).await else { return Ok(()) };
        let twice: Vec<_> = now.iter().filter(|found| before.contains(&found.partition)).collect();
        self.partitions.set(i64::try_from(twice.len()).unwrap_or(i64::MAX));
        match twice.first() {
            Some(found) => dependency.down(self.reason(found)),
            None => dependency.up(),
        }
        *before = now.into_iter().map(|found| found.partition).collect();
        Ok(())
    }

    async fn look(&self, store: &dyn PositionStore) -> Result<Vec<Elsewhere>, PortError> {
        let topic_id = self.bus.topic_id(&self.topic).await?;
        // In this order: the store may advance after the group commits, never the other way.
        let lags = self.bus.lag(&self.topic, &self.group).await?;
        let mut elsewhere = Vec::new();
        for Lag { partition, low: earliest, committed, .. } in lags {
            let stored = store.position(&self.group, &partition, &topic_id).await?.next();
            // A group that has committed nothing reports the low watermark.
            if committed > stored.max(earliest) {
                elsewhere.push(Elsewhere { partition, committed, stored });
            }
        }
        Ok(elsewhere)
    }

    fn reason(&self, Elsewhere { partition, committed, stored }: &Elsewhere) -> String {
        format!(
            "group {} has committed {partition} up to offset {committed}, but this store is at {stored}: \
             another consumer with its own store is in the group. Configure a different prefix for one of them",
            self.group
        )
    }
}
