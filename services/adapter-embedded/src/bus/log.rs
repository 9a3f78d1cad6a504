//! A topic's records in the database.

use super::PARTITION;
use super::frames::{Frames, damaged};
use super::pack::{Packer, Unpacker};
use crate::sqlite::{Error, timestamp};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, Offset, ReceivedBatch, RecordBatch, Topic, TopicId, TopicPartition};

/// Most bytes of one read, as [`BatchBuilder::held_bytes`] counts them: it then returns fewer records, but at
/// least one.
const MAX_READ_BYTES: usize = 8 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) id: i64,
    /// The low watermark.
    pub(super) earliest: Offset,
    /// The high watermark.
    pub(super) end: Offset,
    /// Bytes of all rows.
    pub(super) bytes: u64,
}

impl Log {
    fn of_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, earliest: row.get(1)?, end: row.get(2)?, bytes: row.get(3)? })
    }

    /// Where a reader continues that asks for `next`: at the low watermark if that record is no longer kept,
    /// or if it never existed (the bus was replaced since the position was stored).
    pub(super) fn resume(&self, next: Offset) -> Offset {
        if (self.earliest..=self.end).contains(&next) { next } else { self.earliest }
    }
}

/// The log of a topic, if it exists.
pub(super) fn find(conn: &Connection, topic: &Topic) -> Result<Option<Log>, Error> {
    let log = conn
        .prepare_cached("SELECT id, earliest, end, bytes FROM topics WHERE name = ?1")?
        .query_row([topic.name()], Log::of_row)
        .optional()?;
    Ok(log)
}

/// The log of a topic, created if need be.
pub(super) fn find_or_create(conn: &Connection, topic: &Topic) -> Result<Log, Error> {
    if let Some(log) = find(conn, topic)? {
        return Ok(log);
    }
    conn.prepare_cached("INSERT INTO topics (name, topic_id) VALUES (?1, lower(hex(randomblob(16))))")?
        .execute([topic.name()])?;
    Ok(Log { id: conn.last_insert_rowid(), ..Log::default() })
}

/// The ID of a topic, created if need be.
pub(super) fn topic_id(conn: &Connection, topic: &Topic) -> Result<TopicId, Error> {
    let log = find_or_create(conn, topic)?;
    let id: String = conn
        .prepare_cached("SELECT topic_id FROM topics WHERE id = ?1")?
        .query_row([log.id], |row| row.get(0))?;
    Ok(TopicId::new(id))
}

pub(super) fn topics(conn: &Connection) -> Result<Vec<(Topic, Log)>, Error> {
    let topics = conn
        .prepare_cached("SELECT id, earliest, end, bytes, name FROM topics ORDER BY name")?
        .query_map([], |row| Ok((Topic::named(row.get::<_, String>(4)?), Log::of_row(row)?)))?
        .collect::<Result<_, _>>()?;
    Ok(topics)
}

/// Appends a batch; returns the log's new state.
pub(super) fn append(
    conn: &Connection,
    packer: &mut Packer,
    topic: &Topic,
    batch: &RecordBatch,
    now: Timestamp,
) -> Result<Log, Error> {
    let mut log = find_or_create(conn, topic)?;
    let mut records = batch.iter();
    let mut insert = conn.prepare_cached(
        "INSERT INTO batches (topic_id, base, count, appended_at, unpacked, frames)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    while let Some(row) = packer.next_row(&mut records)? {
        insert.execute((log.id, log.end, row.count, now.as_micros(), row.unpacked, &row.frames))?;
        log.end += row.count;
        log.bytes += row.frames.len() as u64;
    }
    conn.prepare_cached("UPDATE topics SET end = ?2, bytes = ?3 WHERE id = ?1")?
        .execute((log.id, log.end, log.bytes))?;
    Ok(log)
}

/// Up to `max_records` records from an offset on.
pub(super) fn read(
    conn: &Connection,
    topic: &Topic,
    from: Offset,
    max_records: usize,
) -> Result<ReceivedBatch, Error> {
    let log = find(conn, topic)?.unwrap_or_default();
    let mut reading = Reading::new(from.max(log.earliest), max_records);
    if reading.next < log.end {
        let mut select = conn.prepare_cached(
            "SELECT base, appended_at, unpacked, frames FROM batches
             WHERE topic_id = :topic AND base >=
                 (SELECT max(base) FROM batches WHERE topic_id = :topic AND base <= :from)
             ORDER BY base",
        )?;
        let mut rows = select.query(named_params! { ":topic": log.id, ":from": reading.next })?;
        let mut unpacker = Unpacker::new()?;
        while reading.has_room()
            && let Some(row) = rows.next()?
        {
            reading.take_row(row, &mut unpacker)?;
        }
        if reading.records.is_empty() && max_records > 0 {
            return Err(damaged("it is missing"));
        }
    }
    Ok(reading.finish(topic))
}

struct Reading {
    next: Offset,
    max_records: usize,
    records: BatchBuilder,
    offsets: Vec<Offset>,
    appended: Vec<Timestamp>,
}

impl Reading {
    fn new(next: Offset, max_records: usize) -> Self {
        let (records, offsets) = (BatchBuilder::default(), Vec::new());
        Self { next, max_records, records, offsets, appended: Vec::new() }
    }

    fn has_room(&self) -> bool {
        self.records.len() < self.max_records && self.records.held_bytes() < MAX_READ_BYTES
    }

    fn take_row(&mut self, row: &Row<'_>, unpacker: &mut Unpacker) -> Result<(), Error> {
        let base: Offset = row.get(0)?;
        let appended_at = timestamp(row.get(1)?)?;
        let packed = row.get_ref(3)?.as_blob().map_err(|error| damaged(&error.to_string()))?;
        let frames = unpacker.unpack(packed, row.get(2)?)?;
        for (frame, offset) in Frames::of(&frames).zip(base..) {
            let frame = frame?;
            if offset < self.next {
                continue;
            }
            if !self.has_room() {
                break;
            }
            self.records.push_with_headers(frame.key, frame.value, frame.headers()?);
            self.offsets.push(offset);
            self.appended.push(appended_at);
            self.next = offset + 1;
        }
        Ok(())
    }

    fn finish(self, topic: &Topic) -> ReceivedBatch {
        ReceivedBatch {
            partition: TopicPartition::new(topic.clone(), PARTITION),
            records: self.records.finish(),
            offsets: self.offsets,
            next: self.next,
            appended: self.appended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::MIGRATIONS;

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn batch(values: impl Iterator<Item = Vec<u8>>) -> RecordBatch {
        let mut builder = BatchBuilder::default();
        values.for_each(|value| builder.push(b"", &value));
        builder.finish()
    }

    fn append_batch(conn: &Connection, batch: &RecordBatch) -> Log {
        append(conn, &mut Packer::new().unwrap(), &Topic::METRICS, batch, Timestamp::MAX).unwrap()
    }

    fn read_from(conn: &Connection, from: Offset, max_records: usize) -> Result<ReceivedBatch, Error> {
        read(conn, &Topic::METRICS, from, max_records)
    }

    #[test]
    fn a_read_may_begin_and_end_inside_any_row() {
        let conn = database();
        for batch_of in 0..10_u8 {
            append_batch(&conn, &batch((0..=batch_of).map(|index| vec![batch_of, index])));
        }
        for from in 0..55 {
            let read = read_from(&conn, from, 7).unwrap();
            let expected: Vec<Offset> = (from..55).take(7).collect();
            assert_eq!((read.next, &read.offsets), (expected[expected.len() - 1] + 1, &expected));
            assert_eq!(read.records.len(), expected.len());
            assert_eq!(read.appended_at(), Timestamp::MAX);
        }
    }

    #[test]
    fn a_read_stops_at_the_limit_of_bytes() {
        let conn = database();
        append_batch(&conn, &batch((0..20).map(|_| vec![b'x'; 1 << 20])));
        let read = read_from(&conn, 0, 100).unwrap();
        assert_eq!((read.records.len(), read.next), (MAX_READ_BYTES >> 20, 8));
    }

    #[test]
    fn a_row_that_is_damaged_or_missing_is_an_error() {
        let conn = database();
        append_batch(&conn, &batch([vec![1], vec![2]].into_iter()));
        for damage in ["UPDATE batches SET frames = zeroblob(10)", "DELETE FROM batches"] {
            conn.execute(damage, []).unwrap();
            assert!(matches!(read_from(&conn, 0, 10), Err(Error::Broken(_))), "{damage}");
        }
    }
}
