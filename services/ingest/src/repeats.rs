//! Samples that one body gives twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;
use std::ops::Range;
use watchkeeper_domain::Timestamp;

/// Whether a body has given a sample before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It has not.
    None,
    /// It has, with the same value.
    Same,
    /// It has, with another value.
    Contradicts {
        /// The index of the item that came first.
        earlier: usize,
    },
}

/// The samples of one body that say when they were collected.
///
/// Of two different samples with the same hash the second is taken for new, and not kept. A sender cannot
/// aim at that, because the hash has a random key.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    samples: Vec<Given>,
    /// By the hash of series key and time, which of the samples it is.
    by_hash: HashMap<u64, usize>,
    /// The series keys of all samples, one after another: a string for each would be an allocation for each.
    keys: String,
}

#[derive(Debug)]
struct Given {
    key: Range<usize>,
    collected_at: Timestamp,
    value: f64,
    item: usize,
}

impl Repeats {
    /// Keeps the sample that was read from `item`, and says whether it was there before.
    pub(crate) fn note(&mut self, key: &str, collected_at: Timestamp, value: f64, item: usize) -> Repeat {
        let hash = self.by_hash.hasher().hash_one((key, collected_at));
        match self.by_hash.entry(hash) {
            Entry::Vacant(place) => {
                place.insert(self.samples.len());
                let start = self.keys.len();
                self.keys.push_str(key);
                self.samples.push(Given { key: start..self.keys.len(), collected_at, value, item });
                Repeat::None
            }
            Entry::Occupied(place) => {
                let given = &self.samples[*place.get()];
                if self.keys[given.key.clone()] != *key || given.collected_at != collected_at {
                    Repeat::None
                } else if given.value.to_bits() == value.to_bits() {
                    Repeat::Same
                } else {
                    Repeat::Contradicts { earlier: given.item }
                }
            }
        }
    }
}
