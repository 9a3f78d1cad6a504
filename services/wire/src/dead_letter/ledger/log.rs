//! The index of one partition.

use super::Rejection;
use super::ranges::Ranges;
use std::collections::BTreeMap;
use watchkeeper_ports::{Offset, TopicPartition};

/// Number of copies kept; beyond it the oldest is dropped, and a marker that names it settles nothing.
pub(super) const MAX_COPIES: usize = 10_000;

/// The index of one partition.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) partition: TopicPartition,
    /// The next offset to read.
    pub(super) next: Offset,
    /// The pending dead letters: the first of each rejection.
    pub(super) letters: BTreeMap<Offset, Rejection>,
    /// Copies: further dead letters of known rejections.
    copies: BTreeMap<Offset, Rejection>,
    /// The dead letters that markers name.
    pub(super) settled: Ranges,
    /// Records that are neither dead letters nor markers.
    pub(super) strays: Ranges,
    /// Unlisted dead letters.
    pub(super) unlisted: Option<Unlisted>,
}

/// The unlisted dead letters of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unlisted {
    /// The first of them, as far as known.
    from: Offset,
    /// All before this offset are counted.
    until: Offset,
    pub(super) count: u64,
}

impl Log {
    pub(super) fn new(partition: TopicPartition) -> Self {
        Self {
            partition,
            next: 0,
            letters: BTreeMap::new(),
            copies: BTreeMap::new(),
            settled: Ranges::default(),
            strays: Ranges::default(),
            unlisted: None,
        }
    }

    /// The rejection of the dead letter at `offset`, if known.
    pub(super) fn rejection_at(&self, offset: Offset) -> Option<Rejection> {
        self.letters.get(&offset).or_else(|| self.copies.get(&offset)).copied()
    }

    pub(super) fn note_copy(&mut self, offset: Offset, rejection: Rejection) {
        self.copies.insert(offset, rejection);
        if self.copies.len() > MAX_COPIES {
            self.copies.pop_first();
        }
    }

    /// Takes out the first copy of each rejection that `is_wanted`.
    pub(super) fn take_copies(
        &mut self,
        mut is_wanted: impl FnMut(Rejection) -> bool,
    ) -> Vec<(Offset, Rejection)> {
        let wanted = self.copies.iter().filter(|(_, rejection)| is_wanted(**rejection));
        let taken: Vec<_> = wanted.map(|(offset, rejection)| (*offset, *rejection)).collect();
        for (offset, _) in &taken {
            self.copies.remove(offset);
        }
        taken
    }

    /// Whether no dead letter before `offset` is unlisted: unlisted ones are listed first when there is room again.
    pub(super) fn takes(&self, offset: Offset) -> bool {
        self.unlisted.is_none_or(|unlisted| offset < unlisted.from || unlisted.from >= unlisted.until)
    }

    /// The dead letter at `offset` is not listed.
    pub(super) fn leave_out(&mut self, offset: Offset) {
        let was_counted = self.was_counted(offset);
        let unlisted = self.unlisted.get_or_insert(Unlisted { from: offset, until: offset, count: 0 });
        unlisted.from = unlisted.from.min(offset);
        unlisted.until = unlisted.until.max(offset + 1);
        unlisted.count += u64::from(!was_counted);
    }

    /// The dead letter at `offset` is no longer unlisted, if it was.
    pub(super) fn uncount(&mut self, offset: Offset) {
        let was_counted = self.was_counted(offset);
        if let Some(unlisted) = &mut self.unlisted {
            unlisted.count = unlisted.count.saturating_sub(u64::from(was_counted));
        }
    }

    fn was_counted(&self, offset: Offset) -> bool {
        let is_among = |unlisted: Unlisted| offset < unlisted.until && offset >= unlisted.from.min(self.next);
        self.unlisted.is_some_and(is_among)
    }

    /// Goes back to the unlisted dead letters, if there are any and this is not in progress.
    pub(super) fn go_back(&mut self) -> bool {
        match &mut self.unlisted {
            Some(unlisted) if self.next >= unlisted.until => {
                self.next = unlisted.from;
                unlisted.from = unlisted.until;
                true
            }
            _ => false,
        }
    }

    /// All before `next` was read.
    pub(super) fn read_until(&mut self, next: Offset) {
        self.next = next;
        if let Some(unlisted) = &mut self.unlisted
            && next >= unlisted.until
        {
            let is_none_left = unlisted.from >= unlisted.until;
            unlisted.until = next;
            if is_none_left {
                self.unlisted = None;
            }
        }
    }

    /// The offset up to which every record is known or counted.
    pub(super) fn known_until(&self) -> Offset {
        self.unlisted.map_or(self.next, |unlisted| unlisted.until.max(self.next))
    }

    /// Removes everything before `earliest`; returns the rejections whose dead letters are gone.
    pub(super) fn forget_before(&mut self, earliest: Offset) -> Vec<Rejection> {
        let kept = self.letters.split_off(&earliest);
        let gone = std::mem::replace(&mut self.letters, kept);
        self.copies = self.copies.split_off(&earliest);
        self.settled.forget_before(earliest);
        self.strays.forget_before(earliest);
        if let Some(unlisted) = &mut self.unlisted {
            unlisted.from = unlisted.from.max(earliest);
            unlisted.count = unlisted.count.min(unlisted.until.saturating_sub(earliest));
        }
        self.unlisted.take_if(|unlisted| unlisted.until <= earliest);
        gone.into_values().collect()
    }
}
