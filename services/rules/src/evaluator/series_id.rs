//! Series identified by a hash of their key.

use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher, RandomState};

/// Identifies a series: 128 bits of a keyed hash of its key. Among a million series two collide with a probability of
/// 10⁻²⁷, and senders cannot provoke a collision without the random key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeriesId(u128);

impl Hash for SeriesId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
        state.write_u64(self.0 as u64);
    }
}

/// Creates the ids of one evaluator.
#[derive(Debug)]
pub(super) struct SeriesIds {
    hasher: SipHasher13,
}

impl SeriesIds {
    pub(super) fn new() -> Self {
        let random = || RandomState::new().hash_one(());
        Self { hasher: SipHasher13::new_with_keys(random(), random()) }
    }

    pub(super) fn of(&self, series_key: &str) -> SeriesId {
        let mut hasher = self.hasher;
        hasher.write(series_key.as_bytes());
        SeriesId(hasher.finish128().as_u128())
    }
}

/// A map by series.
pub(super) type BySeries<T> = HashMap<SeriesId, T, BuildHasherDefault<AsItIs>>;

/// Uses a hash as its own hash.
#[derive(Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a SeriesId writes one u64")
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
