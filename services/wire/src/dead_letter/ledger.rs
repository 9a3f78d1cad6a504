//! The index of pending dead letters, built record by record.

mod log;
mod ranges;
mod recent;

use super::marker::settled;
use super::{DeadLetter, LetterId, Place};
use crate::moved_from::MovedFrom;
use log::Log;
use recent::Recent;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use watchkeeper_ports::{Offset, ReceivedBatch, Record, TopicPartition, Watermarks};

/// The pending dead letters of all dead-letter topics.
///
/// Each partition is read from the start. For each pending dead letter the ledger keeps its location and a hash that
/// identifies the rejection: 60 to 90 bytes, whatever its size. If one role rejected a record more than once, only the
/// first dead letter counts. A marker settles it, even if it names a copy, or is in another partition, before or after
/// it.
///
/// Dead letters beyond the capacity are counted but not listed; when half the capacity is free they are read again.
#[derive(Debug)]
pub struct Ledger {
    most: usize,
    logs: Vec<Log>,
    /// The index in `logs` of each partition.
    numbers: BTreeMap<TopicPartition, usize>,
    /// The dead letter of each pending rejection: the index of its log, and the offset.
    waiting: HashMap<Rejection, (usize, Offset)>,
    settled: Recent,
    hashing: RandomState,
}

/// The identity of a rejection: a hash of the location and bytes of the record, and of the role that rejected it. A role
/// that is killed before it commits rejects a record twice. Offsets differ between buses, so the location of a migrated
/// dead letter is that on the source bus.
///
/// The hash is keyed per process: with a million dead letters, two collide once in some millions of starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Rejection(u64);

impl Ledger {
    /// An empty ledger that lists at most `most` dead letters.
    pub fn at_most(most: usize) -> Self {
        Self {
            most,
            logs: Vec::new(),
            numbers: BTreeMap::new(),
            waiting: HashMap::new(),
            settled: Recent::default(),
            hashing: RandomState::new(),
        }
    }

    /// The next offset to read of a partition.
    pub fn next(&self, partition: &TopicPartition) -> Offset {
        self.log(partition).map_or(0, |log| log.next)
    }

    /// Whether everything in these partitions is known or counted.
    pub fn knows(&self, watermarks: &[Watermarks]) -> bool {
        let known_until = |partition| self.log(partition).map_or(0, Log::known_until);
        watermarks.iter().all(|Watermarks { partition, low: earliest, high: end }| {
            earliest >= end || known_until(partition).max(*earliest) >= *end
        })
    }

    /// The offset up to which each partition is known or counted.
    pub fn ends(&self) -> HashMap<TopicPartition, Offset> {
        self.logs.iter().map(|log| (log.partition.clone(), log.known_until())).collect()
    }

    /// Adds a batch read from [`Self::next`]. Records that are neither dead letters nor markers are only counted.
    pub fn note(&mut self, batch: &ReceivedBatch) {
        let number = self.number_of(&batch.partition);
        for (record, &offset) in batch.records.iter().zip(&batch.offsets) {
            match settled(&record) {
                Some(Ok(place)) => self.note_marker(number, offset, place),
                Some(Err(_)) => _ = self.logs[number].strays.insert(offset),
                None => self.note_letter(number, offset, record),
            }
        }
        self.logs[number].read_until(batch.next);
    }

    /// A marker comes after its dead letter in the same partition; records without a key may be in different partitions,
    /// in any order.
    fn note_marker(&mut self, number: usize, at: Offset, place: Place) {
        let topic = self.logs[number].partition.topic.clone();
        let known = self.numbers.get(&TopicPartition::new(topic, place.partition)).copied();
        let Some(letters) = known.filter(|letters| *letters != number || place.offset < at) else { return };
        let log = &mut self.logs[letters];
        if !log.settled.insert(place.offset) {
            return;
        }
        match log.rejection_at(place.offset) {
            Some(rejection) => self.settle_rejection(rejection),
            None => log.uncount(place.offset),
        }
    }

    fn note_letter(&mut self, number: usize, offset: Offset, record: Record<'_>) {
        let Ok(letter) = DeadLetter::read(record) else {
            self.logs[number].strays.insert(offset);
            return;
        };
        let rejection = self.rejection(&letter);
        let log = &mut self.logs[number];
        if log.settled.contains(offset) {
            // Its marker was read before it, from another partition.
            self.settle_rejection(rejection);
        } else if self.settled.contains(rejection) {
            log.uncount(offset);
        } else if let Some(first) = self.waiting.get(&rejection) {
            if *first != (number, offset) {
                log.uncount(offset);
                log.note_copy(offset, rejection);
            }
        } else if self.waiting.len() < self.most && log.takes(offset) {
            log.uncount(offset);
            log.letters.insert(offset, rejection);
            self.waiting.insert(rejection, (number, offset));
        } else {
            log.leave_out(offset);
        }
    }

    fn rejection(&self, letter: &DeadLetter<'_>) -> Rejection {
        let DeadLetter { origin, offset, rejected_by, record, .. } = letter;
        let moved_from = MovedFrom::of(record);
        Rejection(self.hashing.hash_one((origin, offset, rejected_by, moved_from, record.key, record.value)))
    }

    /// The dead letter was replayed or discarded, or is no longer retained.
    pub fn settle(&mut self, id: &LetterId) {
        let found = self.log(&id.partition).and_then(|log| log.rejection_at(id.offset));
        if let Some(rejection) = found {
            self.settle_rejection(rejection);
        }
    }

    fn settle_rejection(&mut self, rejection: Rejection) {
        if let Some((number, offset)) = self.waiting.remove(&rejection) {
            self.logs[number].letters.remove(&offset);
        }
        self.settled.insert(rejection);
    }

    /// Removes what the topics no longer retain; `watermarks` are those of all partitions of dead-letter topics. A
    /// partition that ends before the offset read so far was recreated, and is read from the start.
    pub fn reconcile(&mut self, watermarks: &[Watermarks]) {
        for marks in watermarks {
            self.number_of(&marks.partition);
        }
        for number in 0..self.logs.len() {
            let partition = &self.logs[number].partition;
            let marks = watermarks.iter().find(|marks| marks.partition == *partition);
            match marks {
                Some(marks) if marks.high >= self.logs[number].next => {
                    self.forget_before(number, marks.low);
                }
                _ => {
                    self.forget_before(number, Offset::MAX);
                    self.logs[number] = Log::new(self.logs[number].partition.clone());
                }
            }
        }
    }

    /// If a copy is still retained, it takes the place of the dead letter.
    fn forget_before(&mut self, number: usize, earliest: Offset) {
        let gone: HashSet<_> = self.logs[number].forget_before(earliest).into_iter().collect();
        if gone.is_empty() {
            return;
        }
        for rejection in &gone {
            self.waiting.remove(rejection);
        }
        for (number, log) in self.logs.iter_mut().enumerate() {
            for (offset, rejection) in log.take_copies(|rejection| gone.contains(&rejection)) {
                match self.waiting.entry(rejection) {
                    Entry::Occupied(_) => log.note_copy(offset, rejection),
                    Entry::Vacant(first) => {
                        first.insert((number, offset));
                        log.letters.insert(offset, rejection);
                    }
                }
            }
        }
    }

    /// Whether there is room for unlisted dead letters again: then [`Self::next`] is back at them.
    pub fn go_back(&mut self) -> bool {
        let (has_room, mut goes) = (self.waiting.len() <= self.most / 2, false);
        for log in self.logs.iter_mut().filter(|_| has_room) {
            goes |= log.go_back();
        }
        goes
    }

    /// Number of listed dead letters.
    pub fn listed(&self) -> usize {
        self.waiting.len()
    }

    /// Number of unlisted dead letters, including copies.
    pub fn unlisted(&self) -> u64 {
        self.logs.iter().filter_map(|log| log.unlisted).map(|unlisted| unlisted.count).sum()
    }

    /// Number of pending dead letters, listed or not.
    pub fn waiting(&self) -> u64 {
        self.listed() as u64 + self.unlisted()
    }

    /// Number of records that are neither dead letters nor markers.
    pub fn strays(&self) -> u64 {
        self.logs.iter().map(|log| log.strays.len()).sum()
    }

    /// Whether this dead letter is pending and listed.
    pub fn waits(&self, id: &LetterId) -> bool {
        self.log(&id.partition).is_some_and(|log| log.letters.contains_key(&id.offset))
    }

    /// The pending dead letters after `after`, by topic and partition, oldest first.
    pub fn after(&self, id: Option<&LetterId>) -> impl Iterator<Item = LetterId> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let logs = self.numbers.range((id.map_or(Unbounded, |id| Included(&id.partition)), Unbounded));
        logs.flat_map(move |(partition, &number)| {
            let last = id.filter(|id| id.partition == *partition);
            let offsets = self.logs[number]
                .letters
                .range((last.map_or(Unbounded, |id| Excluded(id.offset)), Unbounded));
            offsets.map(|(&offset, _)| LetterId { partition: partition.clone(), offset })
        })
    }

    /// The newest pending dead letters of each partition, at most `most`, newest first.
    pub fn newest(&self, of_each: usize) -> impl Iterator<Item = LetterId> {
        self.logs.iter().flat_map(move |log| {
            let newest = log.letters.keys().rev().take(of_each);
            newest.map(|&offset| LetterId { partition: log.partition.clone(), offset })
        })
    }

    fn log(&self, partition: &TopicPartition) -> Option<&Log> {
        self.numbers.get(partition).map(|&number| &self.logs[number])
    }

    fn number_of(&mut self, partition: &TopicPartition) -> usize {
        if let Some(number) = self.numbers.get(partition) {
            return *number;
        }
        self.logs.push(Log::new(partition.clone()));
        self.numbers.insert(partition.clone(), self.logs.len() - 1);
        self.logs.len() - 1
    }
}

#[cfg(test)]
mod tests;
