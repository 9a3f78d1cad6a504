//! One page of rows, and what the store should have of it.

use super::left_out::{LeftOut, Reason};
use super::reading::{Reading, left_out};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp, Window};
use watchkeeper_ports::{MetricsRow, SampleKey};

#[derive(Default)]
pub(super) struct Page {
    /// The samples, each series and instant once, with the row that has it.
    pub(super) samples: Vec<(MetricsRow, Sample)>,
    /// Rows that repeat another row of the page.
    pub(super) repeated: u64,
    pub(super) left_out: Vec<LeftOut>,
}

impl Page {
    /// Reads the rows; of two with the same series and instant the first wins.
    pub(super) fn read(
        reading: &mut Reading,
        rows: Vec<MetricsRow>,
        now: Timestamp,
        retention: Duration,
    ) -> Self {
        let mut page = Self::default();
        let mut values: BTreeMap<SampleKey, f64> = BTreeMap::new();
        for row in rows {
            match reading.read(&row, now, retention) {
                Err(reason) => page.left_out.push(left_out(&row, reason)),
                Ok(sample) => match values.get(&SampleKey::of(&sample)) {
                    None => {
                        values.insert(SampleKey::of(&sample), sample.value);
                        page.samples.push((row, sample));
                    }
                    Some(&kept) if is_same(kept, sample.value) => page.repeated += 1,
                    Some(&kept) => {
                        let reason = Reason::Different { value: sample.value, kept };
                        page.left_out.push(left_out(&row, reason));
                    }
                },
            }
        }
        page
    }

    /// Skips the samples at these indices: their series exceed the limit. Returns how many it skipped.
    pub(super) fn without(&mut self, places: &[usize], max_series: u64) -> usize {
        let (mut place, before) = (0, self.samples.len());
        let gone = self.samples.extract_if(.., |_| {
            place += 1;
            places.binary_search(&(place - 1)).is_ok()
        });
        self.left_out.extend(gone.map(|(row, _)| left_out(&row, Reason::NoRoom(max_series))));
        before - self.samples.len()
    }

    /// The instant of the oldest sample.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.samples.iter().map(|(_, sample)| sample.collected_at).min()
    }
}

/// What the store should have.
pub(super) struct Expected {
    samples: BTreeMap<SampleKey, (MetricsRow, Sample)>,
}

impl Expected {
    pub(super) fn of(page: Page) -> Self {
        let samples = page.samples.into_iter().map(|found| (SampleKey::of(&found.1), found));
        Self { samples: samples.collect() }
    }

    /// The ranges of time to read: one for each day, from its first sample to its last, so that one sample
    /// far from the others costs a probe, not a scan of everything in between.
    pub(super) fn stretches(&self) -> Vec<Range<Timestamp>> {
        let mut days: BTreeMap<Timestamp, (Timestamp, Timestamp)> = BTreeMap::new();
        for SampleKey { collected_at: at, .. } in self.samples.keys() {
            let day = days.entry(Window::Day.start(*at)).or_insert((*at, *at));
            *day = (day.0.min(*at), day.1.max(*at));
        }
        days.into_values().map(|(first, last)| first..last.plus(Duration::from_micros(1))).collect()
    }

    /// Checks a stored sample: whether it is one of the expected ones, and if so whether it is equal.
    pub(super) fn take(&mut self, stored: &Sample) -> Option<Result<(), LeftOut>> {
        let (row, sample) = self.samples.remove(&SampleKey::of(stored))?;
        Some(if is_same(sample.value, stored.value) {
            Ok(())
        } else {
            Err(left_out(&row, Reason::Different { value: sample.value, kept: stored.value }))
        })
    }

    /// The samples that were not found.
    pub(super) fn missing(&self) -> impl Iterator<Item = &Sample> {
        self.samples.values().map(|(_, sample)| sample)
    }
}

#[expect(clippy::float_cmp, reason = "what was copied is equal to the last bit")]
fn is_same(one: f64, other: f64) -> bool {
    one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64, seconds: u64, value: f64) -> MetricsRow {
        let at = "2026-11-19T23:59:50Z".parse::<Timestamp>().unwrap().plus(Duration::from_secs(seconds));
        MetricsRow {
            id,
            source: "s".into(),
            name: "n".into(),
            value,
            labels: "null".into(),
            collected_at: Some(at),
        }
    }

    fn page(rows: Vec<MetricsRow>) -> Page {
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        Page::read(&mut Reading::default(), rows, now, Duration::from_secs(7 * 86_400))
    }

    fn ids(page: &Page) -> Vec<u64> {
        page.samples.iter().map(|(row, _)| row.id).collect()
    }

    #[test]
    fn of_rows_with_one_series_and_instant_the_first_stays() {
        let page = page(vec![row(1, 0, 5.0), row(2, 0, 5.0), row(3, 0, 6.0), row(4, 1, 6.0)]);
        assert_eq!((ids(&page), page.repeated), (vec![1, 4], 1));
        let [different] = &page.left_out[..] else { panic!("{:?}", page.left_out) };
        assert_eq!((different.id, &different.reason), (3, &Reason::Different { value: 6.0, kept: 5.0 }));
    }

    #[test]
    fn samples_without_room_are_left_out_by_their_places() {
        let mut page = page((0..5).map(|n| row(n, n, 1.0)).collect());
        assert_eq!(page.without(&[0, 3, 4], 10), 3);
        assert_eq!(page.without(&[], 10), 0, "an error that names no sample ends the takeover");
        assert_eq!(page.without(&[7], 10), 0, "as does one that names none of these");
        assert_eq!(ids(&page), [1, 2]);
        assert_eq!(page.left_out.iter().map(|one| one.id).collect::<Vec<_>>(), [0, 3, 4]);
        assert!(page.left_out[0].reason.to_string().ends_with("limit of 10"));
    }

    #[test]
    fn each_day_is_looked_for_apart() {
        let expected = Expected::of(page(vec![row(1, 30, 1.0), row(2, 0, 1.0), row(3, 5, 1.0)]));
        let stretches = expected.stretches();
        assert_eq!(stretches[0].start.to_string(), "2026-11-19T23:59:50Z");
        assert_eq!(stretches[0].end.to_string(), "2026-11-19T23:59:55.000001Z");
        assert_eq!(stretches[1].start.to_string(), "2026-11-20T00:00:20Z");
        assert_eq!(stretches.len(), 2);
    }

    #[test]
    fn what_the_store_has_is_the_same_or_another_or_missing() {
        let read = page(vec![row(1, 0, 1.0), row(2, 1, 2.0), row(3, 2, 3.0)]);
        let stored: Vec<_> = read.samples.iter().map(|(_, sample)| sample.clone()).collect();
        let mut expected = Expected::of(read);
        assert_eq!(expected.take(&stored[0]), Some(Ok(())));
        assert_eq!(expected.take(&stored[0]), None, "it was found already");
        let other = Sample { value: 9.0, ..stored[1].clone() };
        let left_out = expected.take(&other).unwrap().unwrap_err();
        assert_eq!(left_out.reason, Reason::Different { value: 2.0, kept: 9.0 });
        assert_eq!(expected.missing().collect::<Vec<_>>(), [&stored[2]]);
    }
}
