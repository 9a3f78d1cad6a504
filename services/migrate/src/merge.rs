//! Merges two ordered streams, comparing items as pages arrive.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// An item that is migrated, with a key that is the same on both sides.
pub(crate) trait Item: Clone {
    /// The key by which both sides are ordered.
    type Key<'a>: Ord
    where
        Self: 'a;

    fn key(&self) -> Self::Key<'_>;

    /// Compares the destination's item with the same key to this one.
    fn standing(&self, there: &Self) -> Standing;
}

/// How the destination's item compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Equal, or the destination is legitimately ahead.
    Same,
    /// An earlier state of the source's item: putting that one again updates it.
    Behind,
    /// Different; it is kept.
    Different,
}

/// The next step of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    /// Read a page of the source: [`Merge::take_here`].
    ReadHere,
    /// Read a page of the destination: [`Merge::take_there`].
    ReadThere,
    /// The destination lacks this item, or is behind it.
    Lacking(T),
    /// Both have it.
    Same,
    /// Both have it, and differ.
    Different,
    /// All items of the source were compared.
    End,
}

/// Looks up every item of the source in the destination. Items that only the destination has are skipped.
pub(crate) struct Merge<T> {
    here: Pages<T>,
    there: Pages<T>,
}

impl<T: Item> Merge<T> {
    pub(crate) fn new() -> Self {
        Self { here: Pages::new(), there: Pages::new() }
    }

    /// The last item that was read from the source.
    pub(crate) fn last_here(&self) -> Option<&T> {
        self.here.last.as_ref()
    }

    /// The last item that was read from the destination.
    pub(crate) fn last_there(&self) -> Option<&T> {
        self.there.last.as_ref()
    }

    /// Adds the page after [`Self::last_here`]; an empty one is the end.
    pub(crate) fn take_here(&mut self, page: Vec<T>) {
        self.here.take(page);
    }

    /// Adds the page after [`Self::last_there`]; an empty one is the end.
    pub(crate) fn take_there(&mut self, page: Vec<T>) {
        self.there.take(page);
    }

    pub(crate) fn next(&mut self) -> Next<T> {
        let Some(item) = self.here.items.pop_front() else {
            return if self.here.is_at_end { Next::End } else { Next::ReadHere };
        };
        while let Some(there) = self.there.items.pop_front() {
            let order = there.key().cmp(&item.key());
            match order {
                Ordering::Less => {}
                Ordering::Greater => {
                    self.there.items.push_front(there);
                    return Next::Lacking(item);
                }
                Ordering::Equal => {
                    return match item.standing(&there) {
                        Standing::Same => Next::Same,
                        Standing::Behind => Next::Lacking(item),
                        Standing::Different => Next::Different,
                    };
                }
            }
        }
        if self.there.is_at_end {
            return Next::Lacking(item);
        }
        self.here.items.push_front(item);
        Next::ReadThere
    }
}

/// One stream: the items that were read but not compared yet.
struct Pages<T> {
    items: VecDeque<T>,
    last: Option<T>,
    is_at_end: bool,
}

impl<T: Item> Pages<T> {
    fn new() -> Self {
        Self { items: VecDeque::new(), last: None, is_at_end: false }
    }

    fn take(&mut self, page: Vec<T>) {
        match page.last() {
            Some(last) => self.last = Some(last.clone()),
            None => self.is_at_end = true,
        }
        self.items.extend(page);
    }
}

#[cfg(test)]
mod tests;
