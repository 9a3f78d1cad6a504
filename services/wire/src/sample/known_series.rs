//! Which series stand behind which bytes: a bounded memory of two generations.

use super::copy;
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Series;

/// Most series that one decoder remembers. The half that was used last is always among them.
pub const MAX_KNOWN_SERIES: usize = 200_000;

/// Most bytes of what one decoder remembers, 64 MiB: the bytes before the value, and of each series its key and
/// [`SERIES_BYTES`].
const MAX_KNOWN_BYTES: usize = 64 << 20;

/// What a series with a few labels takes beside its key, and its place among those that are known, in bytes.
const SERIES_BYTES: usize = 168;

/// The longest bytes before the value, in bytes, by which a series is remembered. Longer ones are
/// decoded in full each time.
pub const MAX_KNOWN_PREFIX_BYTES: usize = 1024;

/// A series that is remembered.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The series.
    pub(super) series: Arc<Series>,
    /// Whether it is labelled as copies are, which is not asked for each record.
    pub(super) is_marked: bool,
}

impl Known {
    /// Of a series that was just read.
    pub(super) fn of(series: Arc<Series>) -> Self {
        let is_marked = copy::is_marked(&series);
        Self { series, is_marked }
    }
}

/// Maps the bytes of a record before its value to the series they stand for.
///
/// New entries go to the young generation. When that is full it becomes the old one, and what was old
/// and has not been used since is forgotten. So forgetting costs no bookkeeping on each use.
#[derive(Debug)]
pub(super) struct KnownSeries {
    young: HashMap<Box<[u8]>, Known>,
    old: HashMap<Box<[u8]>, Known>,
    /// Of the young ones.
    bytes: usize,
    per_generation: Bound,
}

/// How much one generation may hold.
#[derive(Clone, Copy, Debug)]
struct Bound {
    series: usize,
    bytes: usize,
}

impl KnownSeries {
    /// Remembers at most [`MAX_KNOWN_SERIES`].
    pub(super) fn new() -> Self {
        Self::at_most(MAX_KNOWN_SERIES, MAX_KNOWN_BYTES)
    }

    fn at_most(series: usize, bytes: usize) -> Self {
        let per_generation = Bound { series: series / 2, bytes: bytes / 2 };
        Self { young: HashMap::new(), old: HashMap::new(), bytes: 0, per_generation }
    }

    /// The series behind `prefix`, if it is remembered.
    pub(super) fn get(&mut self, prefix: &[u8]) -> Option<Known> {
        if let Some(known) = self.young.get(prefix) {
            return Some(known.clone());
        }
        let (prefix, known) = self.old.remove_entry(prefix)?;
        self.insert_young(prefix, known.clone());
        Some(known)
    }

    /// Remembers a series that [`Self::get`] did not find.
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
