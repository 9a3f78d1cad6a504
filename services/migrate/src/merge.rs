//! Two streams in one order, compared item by item as their pages come.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// Something that is carried, and known by its key on both sides.
pub(crate) trait Item: Clone {
    /// What both sides are ordered by.
    type Key<'a>: Ord
    where
        Self: 'a;

    fn key(&self) -> Self::Key<'_>;

    /// How `there`, which has the same key, stands to this one.
    fn standing(&self, there: &Self) -> Standing;
}

/// How what is there stands to what is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It says the same, or is further by right.
    Same,
    /// It is what this one was before, and follows when this one is put again.
    Behind,
    /// It says something else, and stays.
    Different,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    /// The merge wants a page of here: [`Merge::take_here`].
    ReadHere,
    /// It wants a page of there: [`Merge::take_there`].
    ReadThere,
    /// There lacks this item, or is behind it.
    Lacking(T),
    /// Both have it.
    Same,
    /// Both have it, and differ.
    Different,
    /// Every item of here was compared.
    End,
}

/// Goes through the items of here and finds each there. Items that only there has are passed over.
pub(crate) struct Merge<T> {
    here: Pages<T>,
    there: Pages<T>,
}

impl<T: Item> Merge<T> {
    pub(crate) fn new() -> Self {
        Self { here: Pages::new(), there: Pages::new() }
    }

    /// The last item of here that was read.
    pub(crate) fn last_here(&self) -> Option<&T> {
        self.here.last.as_ref()
    }

    /// The last item of there that was read.
    pub(crate) fn last_there(&self) -> Option<&T> {
        self.there.last.as_ref()
    }

    /// Takes the page after [`Self::last_here`]; an empty one is the end.
    pub(crate) fn take_here(&mut self, page: Vec<T>) {
        self.here.take(page);
    }

    /// Takes the page after [`Self::last_there`]; an empty one is the end.
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

/// One of the streams: what was read of it and not compared yet.
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
