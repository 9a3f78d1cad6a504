//! What is known of one partition.

use super::Rejection;
use super::ranges::Ranges;
use std::collections::BTreeMap;
use watchkeeper_ports::{Offset, TopicPartition};

/// Copies of letters that are known by their place; past it the oldest is forgotten, and a marker that names it
/// settles nothing.
pub(super) const MAX_COPIES: usize = 10_000;

/// What is known of one partition.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) partition: TopicPartition,
    /// Where to read on.
    pub(super) next: Offset,
    /// The letters that wait: of each rejection the first.
    pub(super) letters: BTreeMap<Offset, Rejection>,
    /// Further letters of rejections that were known then.
    copies: BTreeMap<Offset, Rejection>,
    /// The letters that markers name.
    pub(super) settled: Ranges,
    /// The records that are neither letter nor marker.
    pub(super) strays: Ranges,
    /// The letters that there was no room for.
    pub(super) unlisted: Option<Unlisted>,
}

/// Letters of one partition that there was no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unlisted {
    /// The first of them, as far as is known.
    from: Offset,
    /// All before this are counted.
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

    /// The rejection that a letter at `offset` is about, if it is known.
    pub(super) fn rejection_at(&self, offset: Offset) -> Option<Rejection> {
        self.letters.get(&offset).or_else(|| self.copies.get(&offset)).copied()
    }

    pub(super) fn note_copy(&mut self, offset: Offset, rejection: Rejection) {
        self.copies.insert(offset, rejection);
        if self.copies.len() > MAX_COPIES {
            self.copies.pop_first();
        }
    }

    /// The first copy of each rejection that `is_wanted`; it is no copy any more.
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

    /// Whether no letter before `offset` is left out: those that are come first, also when there is room again.
    pub(super) fn takes(&self, offset: Offset) -> bool {
        self.unlisted.is_none_or(|unlisted| offset < unlisted.from || unlisted.from >= unlisted.until)
    }

    /// There was no room for the letter at `offset`.
    pub(super) fn leave_out(&mut self, offset: Offset) {
        let was_counted = self.was_counted(offset);
        let unlisted = self.unlisted.get_or_insert(Unlisted { from: offset, until: offset, count: 0 });
        unlisted.from = unlisted.from.min(offset);
        unlisted.until = unlisted.until.max(offset + 1);
        unlisted.count += u64::from(!was_counted);
    }

    /// The letter at `offset` is among those that there was no room for no longer, if it was.
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

    /// Has those read again that there was no room for, if there are any and that is not under way.
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

    /// Up to where every record is known, or counted.
    pub(super) fn known_until(&self) -> Offset {
        self.unlisted.map_or(self.next, |unlisted| unlisted.until.max(self.next))
    }

    /// The topic keeps nothing before `earliest` any more; gives the rejections whose letters are gone.
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
