//! Two stores that share a group: each gets the records of some partitions only, and nobody is told.

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

/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Looks whether somebody commits for the group who does not store where it stores.
///
/// A member stores before it commits, so its store is never behind what the group has committed. Where it is, somebody
/// else has committed: a consumer with another store, or a tool that has moved the group's offsets. Seen twice in a
/// row, because a store that was restored from a backup is behind until it has caught up.
pub(super) struct Sharing {
    bus: Arc<dyn EventBus>,
    topic: Topic,
    group: Group,
    store: Option<Arc<dyn PositionStore>>,
    dependency: Option<Dependency>,
    partitions: IntGauge,
    context: RoleContext,
}

/// A partition of which the group has committed more than its store has.
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
            "Partitions of which the group has committed more than this consumer's store has: two stores share the group.",
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

    /// Looks until the role is asked to stop. The role goes on meanwhile: what it stores is right, and not all
    /// there is.
    pub(super) async fn keep_looking(&self) -> RoleResult {
        let (Some(store), Some(dependency)) = (&self.store, &self.dependency) else { return Ok(()) };
        let heartbeat = self.context.heartbeat("sharing");
        let mut rounds = Rounds::every(LOOK_EVERY, &self.context, &heartbeat);
        let mut before = HashSet::new();
        while rounds.next(self.compare(&**store, dependency, &mut before)).await? {}
        Ok(())
    }

    /// `before` are the partitions that were found the last time.
    async fn compare(
        &self,
        store: &dyn PositionStore,
        dependency: &Dependency,
        before: &mut HashSet<TopicPartition>,
    ) -> Result<(), Stopped> {
        // A dependency that is away is told of where it is needed.
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
        // In this order: the store may have moved on since the group committed, and never the other way.
        let lags = self.bus.lag(&self.topic, &self.group).await?;
        let mut elsewhere = Vec::new();
        for Lag { partition, low: earliest, committed, .. } in lags {
            let stored = store.position(&self.group, &partition, &topic_id).await?.next();
            // A group that has committed nothing is said to be at the earliest record.
            if committed > stored.max(earliest) {
                elsewhere.push(Elsewhere { partition, committed, stored });
            }
        }
        Ok(elsewhere)
    }

    fn reason(&self, Elsewhere { partition, committed, stored }: &Elsewhere) -> String {
        format!(
            "group {} has committed {partition} up to offset {committed}, and this store has it up to {stored}: \
             another consumer with a store of its own is in the group. Give one of them a prefix of its own",
            self.group
        )
    }
}
