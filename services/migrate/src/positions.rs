//! Consumer positions that are kept in the store.
//!
//! If the bus stays, positions are copied. If the bus migrates, each new position is after the leading
//! records of its new partition that the group had processed on the old bus: so it processes none again, and
//! skips none.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::records::READ_RECORDS;
use crate::sides::{StoreMigration, Stores};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_ports::{
    Advance, Append, Evaluation, EventBus, Group, Offset, PortError, PositionStore, Record, Topic, TopicId,
    TopicPartition, Watermarks,
};
use watchkeeper_wire::moved_from::MovedFrom;

/// The groups whose positions are in the store.
const GROUPS: [Group; 3] = [Group::NOTIFIER, Group::PERSISTER, Group::PROCESSOR];

/// Whether the group consumes the topic, even if it has no position in it yet.
fn consumes(group: &Group, topic: &Topic) -> bool {
    let is_of_events = *topic == Topic::EVENTS || *topic == Topic::EVENTS.dead_letters();
    (*group == Group::PROCESSOR) == is_of_events
}

/// The position of `group` in a partition; `None` if it never consumed it.
pub(crate) async fn position(
    stores: &Stores,
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<Option<Offset>, PortError> {
    // Each with what the group stores.
    let positions: &dyn PositionStore = match group {
        group if *group == Group::NOTIFIER => &*stores.alerts,
        group if *group == Group::PROCESSOR => &*stores.events,
        _ => &*stores.samples,
    };
    Ok(positions.position(group, partition, topic_id).await?.known())
}

/// The offset of the first record of a partition that some group has not processed; 0 if one has never
/// consumed it.
pub(crate) async fn lowest(
    stores: &Stores,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<Offset, PortError> {
    let mut lowest = Offset::MAX;
    for group in &GROUPS {
        match position(stores, group, partition, topic_id).await? {
            Some(next) => lowest = lowest.min(next),
            None if consumes(group, &partition.topic) => return Ok(0),
            None => {}
        }
    }
    Ok(lowest)
}

/// Positions for the destination, without an expected value.
pub(crate) struct Positions<'m> {
    stores: &'m Stores,
    positions: Vec<Advance>,
}

impl<'m> Positions<'m> {
    /// The positions in these topics.
    pub(crate) async fn of(moving: &'m StoreMigration, topics: &[Topic]) -> Result<Self, PortError> {
        let mut positions = Vec::new();
        for group in &GROUPS {
            for topic in topics {
                let held = held(&moving.stores.here, group, &*moving.bus, topic).await?;
                match &moving.new_bus {
                    // It begins at the beginning there, too.
                    _ if held.is_empty() => {}
                    None => positions.extend(held),
                    Some(bus) => positions.extend(on_new_bus(&**bus, group, topic, &held).await?),
                }
            }
        }
        Ok(Self { stores: &moving.stores.there, positions })
    }
}

/// The positions of a group in partitions that it has consumed.
async fn held(
    stores: &Stores,
    group: &Group,
    bus: &dyn EventBus,
    topic: &Topic,
) -> Result<Vec<Advance>, PortError> {
    let (topic_id, mut held) = (bus.topic_id(topic).await?, Vec::new());
    for Watermarks { partition, .. } in bus.watermarks(topic).await? {
        if let Some(next) = position(stores, group, &partition, &topic_id).await? {
            held.push(to(next, group, partition, &topic_id));
        }
    }
    Ok(held)
}

fn to(next: Offset, group: &Group, partition: TopicPartition, topic_id: &TopicId) -> Advance {
    Advance { group: group.clone(), partition, topic_id: topic_id.clone(), expected: None, next }
}

/// The positions on the new bus of a group whose positions on the old one are `held`: after the leading
/// records that it has processed.
async fn on_new_bus(
    bus: &dyn EventBus,
    group: &Group,
    topic: &Topic,
    held: &[Advance],
) -> Result<Vec<Advance>, PortError> {
    let done: BTreeMap<_, _> = held.iter().map(|held| (held.partition.clone(), held.next)).collect();
    let (topic_id, mut positions) = (bus.topic_id(topic).await?, Vec::new());
    for Watermarks { partition, low: earliest, high: end } in bus.watermarks(topic).await? {
        let mut next = earliest;
        while next < end {
            let batch = bus.read(&partition, next, READ_RECORDS).await?;
            let records = batch.offsets.iter().copied().zip(batch.records.iter());
            if let Some(offset) = first_not_done(records, &done) {
                next = offset;
                break;
            }
            if batch.next <= next {
                break;
            }
            next = batch.next;
        }
        if next > earliest {
            positions.push(to(next, group, partition, &topic_id));
        }
    }
    Ok(positions)
}

/// The offset of the first record that came from an offset not below the positions in `done`, or from
/// elsewhere.
fn first_not_done<'r>(
    mut records: impl Iterator<Item = (Offset, Record<'r>)>,
    done: &BTreeMap<TopicPartition, Offset>,
) -> Option<Offset> {
    let is_done = |record: &Record<'_>| {
        let lay = MovedFrom::of(record);
        lay.is_some_and(|lay| done.get(&lay.partition).is_some_and(|next| lay.offset < *next))
    };
    records.find(|(_, record)| !is_done(record)).map(|(offset, _)| offset)
}

impl Carried for Positions<'_> {
    type Item = Advance;

    const BATCH: usize = 1_000;

    async fn here(&self, after: Option<&Advance>) -> Result<Vec<Advance>, PortError> {
        Ok(if after.is_some() { Vec::new() } else { sorted(self.positions.clone()) })
    }

    async fn there(&self, after: Option<&Advance>) -> Result<Vec<Advance>, PortError> {
        let mut found = Vec::new();
        for held in self.positions.iter().filter(|_| after.is_none()) {
            let next = position(self.stores, &held.group, &held.partition, &held.topic_id).await?;
            found.extend(next.map(|next| Advance { next, ..held.clone() }));
        }
        Ok(sorted(found))
    }

    async fn put(&self, lacking: Vec<Advance>) -> Result<(), PortError> {
        for lacking in lacking {
            let Advance { group, partition, topic_id, .. } = &lacking;
            let expected = position(self.stores, group, partition, topic_id).await?;
            let group = group.clone();
            let advances = vec![Advance { expected, ..lacking }];
            if group == Group::NOTIFIER {
                let found = Evaluation { advances, ..Evaluation::default() };
                self.stores.alerts.store(Arc::new(found)).await?;
            } else if group == Group::PROCESSOR {
                self.stores.events.append(Arc::new(Append::moving(advances))).await?;
            } else {
                self.stores.samples.append(Arc::new(Append::moving(advances))).await?;
            }
        }
        Ok(())
    }
}

impl Item for Advance {
    type Key<'a> = (&'a Group, &'a TopicPartition);

    fn key(&self) -> Self::Key<'_> {
        (&self.group, &self.partition)
    }

    fn standing(&self, there: &Self) -> Standing {
        if there.next < self.next { Standing::Behind } else { Standing::Same }
    }
}

fn sorted(mut positions: Vec<Advance>) -> Vec<Advance> {
    positions.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
    positions
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::{BatchBuilder, RecordBatch};
    use watchkeeper_wire::moved_from::MOVED_FROM;

    /// Records that came from these offsets of `metrics/0`, or from elsewhere.
    fn batch(lay: &[Option<Offset>]) -> RecordBatch {
        let mut batch = BatchBuilder::default();
        for lay in lay {
            let header = lay.map(|offset| (MOVED_FROM.to_owned(), format!("metrics/0/{offset}")));
            batch.push_with_headers(b"k", b"v", header.into_iter().collect());
        }
        batch.finish()
    }

    fn first(lay: &[Option<Offset>], done_until: Offset) -> Option<Offset> {
        let batch = batch(lay);
        let done = [(TopicPartition::new(Topic::METRICS, 0), done_until)].into();
        first_not_done((10..).zip(batch.iter()), &done)
    }

    #[test]
    fn a_group_begins_with_the_first_record_that_it_was_not_done_with() {
        assert_eq!(first(&[Some(3), Some(4), Some(5), Some(6)], 5), Some(12));
        assert_eq!(first(&[Some(5), Some(6)], 5), Some(10));
        assert_eq!(first(&[Some(3), Some(4)], 5), None);
    }

    #[test]
    fn a_record_that_came_from_elsewhere_is_not_done_with() {
        assert_eq!(first(&[Some(3), None, Some(4)], 5), Some(11));
    }

    #[test]
    fn a_group_that_has_consumed_nothing_begins_at_the_beginning() {
        assert_eq!(first_not_done((10..).zip(batch(&[Some(0)]).iter()), &BTreeMap::new()), Some(10));
    }
}
