//! Offsets of groups that an operator has reset, as `kafka-consumer-groups.sh --reset-offsets` does: committed for a
//! group that has no member.

use crate::heat::{Heat, assert_stored_once};
use crate::patience::{so, wait_for};
use crate::role::Role;
use crate::stack::Engine;
use crate::world::World;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::time::Duration;

const ROLES: [Role; 4] = ["ingest", "cache", "persister", "notifier"];
/// The roles that have a group of their name.
const CONSUMERS: [Role; 3] = ["cache", "persister", "notifier"];
const TOPIC: &str = "metrics";
const PARTITIONS: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn offsets_that_were_reset_are_those_of_the_store_again_once_a_group_runs_and_nothing_is_stored_twice() {
    let world = World::with_engines();
    let mut host = world.host("host");
    host.start(&ROLES);
    host.wait_until_ready();
    let heats = [Heat::of("attic")];
    heats[0].post(&host);
    heats[0].wait_until_stored(&world.kept);
    let groups = CONSUMERS.map(|role| Offsets::of(role, world.stack.url(Engine::Kafka)));
    for group in &groups {
        wait_for("the group to have committed everything", || group.are_at_the_ends());
    }
    host.stop(&CONSUMERS);

    for group in &groups {
        group.reset_to(Offset::Offset(0));
        group.are_at_the_ends().unwrap_err();
    }
    // Nothing is posted any more: nobody commits because something came.
    host.start(&CONSUMERS);
    for group in &groups {
        wait_for("the group's offsets to be those of the store", || group.are_at_the_ends());
    }
    for role in CONSUMERS {
        wait_for("no lag to be shown", || {
            let (_, metrics) = host.role(role).get("/metrics")?;
            let lags = metrics.lines().filter(|line| line.starts_with("watchkeeper_consumer_lag_records{"));
            let lags: Vec<_> = lags.filter(|line| !line.ends_with(" 0")).collect();
            so(lags.is_empty() && metrics.contains("consumer_lag_records{"), (role, lags))
        });
    }
    assert_stored_once(&heats, &world.kept);
}

/// What a group has committed of the topic, as Kafka's tools see it.
struct Offsets {
    tool: BaseConsumer,
}

impl Offsets {
    fn of(role: Role, kafka: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", kafka.trim_start_matches("kafka://")).set("group.id", role);
        Self { tool: config.create().unwrap() }
    }

    fn reset_to(&self, offset: Offset) {
        let mut list = TopicPartitionList::new();
        (0..PARTITIONS).for_each(|number| list.add_partition_offset(TOPIC, number, offset).unwrap());
        self.tool.commit(&list, CommitMode::Sync).unwrap();
    }

    /// Whether every partition that has records is committed up to its end.
    fn are_at_the_ends(&self) -> Result<(), String> {
        let mut list = TopicPartitionList::new();
        list.add_partition_range(TOPIC, 0, PARTITIONS - 1);
        let committed = self.tool.committed_offsets(list, PATIENCE).map_err(|error| error.to_string())?;
        for partition in committed.elements() {
            let (_, end) = self.tool.fetch_watermarks(TOPIC, partition.partition(), PATIENCE).unwrap();
            so(
                end == 0 || partition.offset() == Offset::Offset(end),
                (partition.partition(), partition.offset(), end),
            )?;
        }
        Ok(())
    }
}
