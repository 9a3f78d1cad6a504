//! Samples, day by day: stores may partition by day, and a day is what is compared again after a failure.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::iter::successors;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp, Window};
use watchkeeper_ports::{Append, PortError, SampleKey, SampleStore};

/// Samples in one read.
const PAGE: usize = 20_000;

pub(crate) struct Day<'m> {
    stores: &'m Between<Stores>,
    time: Range<Timestamp>,
}

/// Every day from the oldest sample to the newest.
pub(crate) async fn days(stores: &Between<Stores>) -> Result<Vec<Day<'_>>, PortError> {
    let samples = &stores.here.samples;
    let newest = samples.newest(&SeriesFilter::default(), 1, Timestamp::MAX).await?;
    let (Some(oldest), Some(newest)) = (samples.oldest().await?, newest.first()) else {
        return Ok(Vec::new());
    };
    Ok(days_between(oldest, newest.collected_at).map(|time| Day { stores, time }).collect())
}

/// The days (UTC) from the one of `first` to the one of `last`.
pub(crate) fn days_between(first: Timestamp, last: Timestamp) -> impl Iterator<Item = Range<Timestamp>> {
    let next = |day: &Timestamp| day.plus(Window::Day.length());
    // After the last possible day comes only its own end.
    let later = move |day: &Timestamp| Some(Window::Day.start(next(day))).filter(|later| later > day);
    successors(Some(Window::Day.start(first)), later)
        .take_while(move |day| *day <= last)
        .map(move |day| day..next(&day))
}

impl Day<'_> {
    async fn page(
        &self,
        store: &Arc<dyn SampleStore>,
        after: Option<&Sample>,
    ) -> Result<Vec<Sample>, PortError> {
        store.samples(self.time.clone(), after.map(SampleKey::of).as_ref(), PAGE).await
    }
}

impl Carried for Day<'_> {
    type Item = Sample;

    const BATCH: usize = 20_000;

    async fn here(&self, after: Option<&Sample>) -> Result<Vec<Sample>, PortError> {
        self.page(&self.stores.here.samples, after).await
    }

    async fn there(&self, after: Option<&Sample>) -> Result<Vec<Sample>, PortError> {
        self.page(&self.stores.there.samples, after).await
    }

    async fn put(&self, lacking: Vec<Sample>) -> Result<(), PortError> {
        self.stores.there.samples.append(Arc::new(Append::of(lacking))).await.map(drop)
    }
}

impl Item for Sample {
    type Key<'a> = (&'a str, Timestamp);

    fn key(&self) -> Self::Key<'_> {
        (self.series.key(), self.collected_at)
    }

    #[expect(clippy::float_cmp, reason = "what was copied is equal to the last bit")]
    fn standing(&self, there: &Self) -> Standing {
        let is_same = self.value == there.value && self.note == there.note;
        if is_same { Standing::Same } else { Standing::Different }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(first: &str, last: &str) -> Vec<String> {
        let days = days_between(first.parse().unwrap(), last.parse().unwrap());
        days.map(|day| day.start.to_string()).collect()
    }

    #[test]
    fn each_day_from_the_first_to_the_last_is_there_once() {
        let expected = ["2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"];
        assert_eq!(starts("2026-11-20T23:59:59.999999Z", "2026-11-22T00:00:00Z"), expected);
        assert_eq!(starts("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"), expected[..1]);
    }

    #[test]
    fn the_last_day_there_is_ends_the_days() {
        assert_eq!(days_between(Timestamp::MAX, Timestamp::MAX).count(), 1);
    }
}
