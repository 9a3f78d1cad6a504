//! Which letters wait, learnt record by record.

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

/// The letters that wait for somebody to do something about them, of all dead-letter topics.
///
/// It reads each partition from its beginning on, and keeps of a letter that waits its place and what tells its
/// rejection from others: some 60 to 90 bytes, whatever the letter holds. A record that one role has rejected
/// more than once is one letter, the first. A marker settles it, also one that names another of its letters or
/// lies in another partition, before it or after.
///
/// Letters that there is no room for are counted and not listed; once half the room is free they are read again.
#[derive(Debug)]
pub struct Ledger {
    most: usize,
    logs: Vec<Log>,
    /// Which log is a partition's.
    numbers: BTreeMap<TopicPartition, usize>,
    /// Where the letter of each rejection that waits lies: the number of its log, and the offset there.
    waiting: HashMap<Rejection, (usize, Offset)>,
    settled: Recent,
    hashing: RandomState,
}

/// What makes two letters the same: the record's place, its bytes, and the role that rejected it. A role that was
/// killed at the wrong moment rejects a record twice. Places are numbered anew on each bus, so that a letter
/// that was moved from another is told from one of here by where it lay.
///
/// It is a hash with keys of this process: two of a million letters are taken for one in a start of some millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Rejection(u64);

impl Ledger {
    /// An empty one, which lists at most so many letters.
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

    /// Where to read a partition on.
    pub fn next(&self, partition: &TopicPartition) -> Offset {
        self.log(partition).map_or(0, |log| log.next)
    }

    /// Whether everything that these partitions hold is known, or counted.
    pub fn knows(&self, watermarks: &[Watermarks]) -> bool {
        let known_until = |partition| self.log(partition).map_or(0, Log::known_until);
        watermarks.iter().all(|Watermarks { partition, low: earliest, high: end }| {
            earliest >= end || known_until(partition).max(*earliest) >= *end
        })
    }

    /// Up to where each partition is known, or counted.
    pub fn ends(&self) -> HashMap<TopicPartition, Offset> {
        self.logs.iter().map(|log| (log.partition.clone(), log.known_until())).collect()
    }

    /// Takes note of a batch that was read from [`Self::next`] on. A record that is neither letter nor
    /// marker waits for nothing.
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

    /// A marker comes after its letter in their partition; between partitions, which happens to records without a
    /// key, there is no order.
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

    /// The letter was replayed or discarded, or is gone.
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

    /// Forgets what the topics no longer keep: `watermarks` is what all partitions of dead-letter topics hold now. One
    /// that ends before what was read of it was made anew, and is read from its beginning.
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

    /// A letter that has a copy that is still there goes on waiting as that.
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

    /// Whether there are letters that there was no room for, and is now: then [`Self::next`] has gone back to them.
    pub fn go_back(&mut self) -> bool {
        let (has_room, mut goes) = (self.waiting.len() <= self.most / 2, false);
        for log in self.logs.iter_mut().filter(|_| has_room) {
            goes |= log.go_back();
        }
        goes
    }

    /// How many letters wait and are listed.
    pub fn listed(&self) -> usize {
        self.waiting.len()
    }

    /// How many wait that there was no room for; copies among them count too.
    pub fn unlisted(&self) -> u64 {
        self.logs.iter().filter_map(|log| log.unlisted).map(|unlisted| unlisted.count).sum()
    }

    /// How many wait, listed or not.
    pub fn waiting(&self) -> u64 {
        self.listed() as u64 + self.unlisted()
    }

    /// How many records are neither letter nor marker.
    pub fn strays(&self) -> u64 {
        self.logs.iter().map(|log| log.strays.len()).sum()
    }

    /// Whether this one waits, and is listed.
    pub fn waits(&self, id: &LetterId) -> bool {
        self.log(&id.partition).is_some_and(|log| log.letters.contains_key(&id.offset))
    }

    /// Those that wait after the one given, by topic and partition, the oldest first.
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

    /// Of each partition the newest that wait, at most so many, the newest first.
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
