//! A bounded cache from record prefixes to series, with two generations.

use super::copy;
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Series;

/// Maximum number of series cached per decoder. The most recently used half is always kept.
pub const MAX_KNOWN_SERIES: usize = 200_000;

/// Maximum size of the cache per decoder, 64 MiB: the prefixes, and for each series its key and [`SERIES_BYTES`].
const MAX_KNOWN_BYTES: usize = 64 << 20;

/// Estimated size of a series with a few labels and of its cache entry, without the key, in bytes.
const SERIES_BYTES: usize = 168;

/// Maximum length of a cached prefix in bytes. Records with longer ones are always decoded in full.
pub const MAX_KNOWN_PREFIX_BYTES: usize = 1024;

/// A cached series.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) series: Arc<Series>,
    /// Whether it has the label of copies; cached, so that it is not checked for each record.
    pub(super) is_marked: bool,
}

impl Known {
    pub(super) fn of(series: Arc<Series>) -> Self {
        let is_marked = copy::is_marked(&series);
        Self { series, is_marked }
    }
}

/// Maps the bytes of a record before its value to its series.
///
/// New entries go to the young generation. When that is full it becomes the old one, and unused entries of the previous
/// old one are evicted. So eviction needs no bookkeeping on each use.
#[derive(Debug)]
pub(super) struct KnownSeries {
    young: HashMap<Box<[u8]>, Known>,
    old: HashMap<Box<[u8]>, Known>,
    /// Size of the young generation.
    bytes: usize,
    per_generation: Bound,
}

/// The limits of one generation.
#[derive(Clone, Copy, Debug)]
struct Bound {
    series: usize,
    bytes: usize,
}

impl KnownSeries {
    /// Caches at most [`MAX_KNOWN_SERIES`].
    pub(super) fn new() -> Self {
        Self::at_most(MAX_KNOWN_SERIES, MAX_KNOWN_BYTES)
    }

    fn at_most(series: usize, bytes: usize) -> Self {
        let per_generation = Bound { series: series / 2, bytes: bytes / 2 };
        Self { young: HashMap::new(), old: HashMap::new(), bytes: 0, per_generation }
    }

    /// The series with this prefix, if it is cached.
    pub(super) fn get(&mut self, prefix: &[u8]) -> Option<Known> {
        if let Some(known) = self.young.get(prefix) {
            return Some(known.clone());
        }
        let (prefix, known) = self.old.remove_entry(prefix)?;
        self.insert_young(prefix, known.clone());
        Some(known)
    }

    /// Adds a series that [`Self::get`] did not find.
    pub(super) fn insert(&mut self, prefix: &[u8], known: Known) {
        if prefix.len() <= MAX_KNOWN_PREFIX_BYTES {
            self.insert_young(prefix.into(), known);
        }
    }

    fn insert_young(&mut self, prefix: Box<[u8]>, known: Known) {
        let bytes = prefix.len() + known.series.key().len() + SERIES_BYTES;
        let Bound { series: most, bytes: most_bytes } = self.per_generation;
        if self.young.len() >= most || self.bytes + bytes > most_bytes {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.young.insert(prefix, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Known {
        Known::of(Arc::new(Series::new("host", "load", "", &[]).unwrap()))
    }

    fn prefix(number: usize) -> Vec<u8> {
        number.to_string().into_bytes()
    }

    fn size(known: &KnownSeries) -> usize {
        known.young.len() + known.old.len()
    }

    #[test]
    fn never_more_than_the_bound_are_remembered_and_the_last_half_always_is() {
        let mut known = KnownSeries::at_most(MAX_KNOWN_SERIES, usize::MAX);
        let (total, series) = (MAX_KNOWN_SERIES + MAX_KNOWN_SERIES / 4, series());
        for number in 0..total {
            known.insert(&prefix(number), series.clone());
            assert!(size(&known) <= MAX_KNOWN_SERIES);
        }
        assert!((total - MAX_KNOWN_SERIES / 2..total).all(|number| known.get(&prefix(number)).is_some()));
        assert!(known.get(&prefix(0)).is_none());
    }

    #[test]
    fn a_series_in_use_outlives_any_number_of_others() {
        let mut known = KnownSeries::at_most(10, usize::MAX);
        known.insert(b"used", series());
        for number in 0..1000 {
            known.insert(&prefix(number), series());
            assert!(known.get(b"used").is_some());
            assert!(size(&known) <= 10);
        }
    }

    #[test]
    fn long_prefixes_fill_the_memory_before_many_do_and_it_takes_no_more_than_is_said() {
        let mut known = KnownSeries::new();
        let labels = [("instance", "web-0001.example.org"), ("user", "0123456789")];
        let mut most = 0;
        let cost = allocation_counter::measure(|| {
            for number in 0..MAX_KNOWN_SERIES {
                let series = Arc::new(Series::new("shop", &format!("n{number}"), "", &labels).unwrap());
                let prefix = format!("{number:0>MAX_KNOWN_PREFIX_BYTES$}");
                known.insert(prefix.as_bytes(), Known::of(series));
                most = most.max(size(&known));
            }
        });
        assert!(most < MAX_KNOWN_SERIES / 2, "{most}");
        let bytes = usize::try_from(cost.bytes_max).unwrap();
        assert!(bytes <= MAX_KNOWN_BYTES + MAX_KNOWN_BYTES / 10, "{bytes} bytes");
    }

    #[test]
    fn a_prefix_past_its_bound_is_not_remembered() {
        let mut known = KnownSeries::at_most(10, usize::MAX);
        let long = vec![b'x'; MAX_KNOWN_PREFIX_BYTES + 1];
        known.insert(&long, series());
        known.insert(&long[1..], series());
        assert!(known.get(&long).is_none());
        assert!(known.get(&long[1..]).is_some());
    }
}
