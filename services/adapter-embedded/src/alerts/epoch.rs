//! Epochs of partitions, stored among the positions.

use crate::positions;
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_ports::{Epoch, Group, TopicId, TopicPartition};

/// The group name under which they are stored there, as earlier versions did that had no other place for
/// them.
const GROUP: &str = "notifier assignments";

pub(super) fn take_over(
    conn: &Connection,
    partition: TopicPartition,
    topic_id: TopicId,
) -> Result<Epoch, Error> {
    let group = Group::named(GROUP);
    positions::adopt(conn, &group, &partition, &topic_id)?;
    let number = positions::find(conn, &group, &partition, &topic_id)?.next() + 1;
    positions::put(conn, &group, &partition, &topic_id, number)?;
    Ok(Epoch { partition, topic_id, number })
}

/// Checks that no later epoch has begun.
pub(super) fn check(conn: &Connection, epoch: &Epoch) -> Result<(), Error> {
    let Epoch { partition, topic_id, .. } = epoch;
    Ok(epoch.check(positions::find(conn, &Group::named(GROUP), partition, topic_id)?.next())?)
}
