//! Statistics of the values of one series.

use super::Anomaly;
use super::hours::Hours;
use super::usual::Usual;
use crate::condition::past::{Seen, Unreadable};
use bytes::{Buf, BufMut};

/// Mean and variance of the values before the newest, which is added when the next one arrives: so what the newest
/// was compared with is still available for the explanation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statistics {
    /// The number of values.
    samples: u32,
    recent: Usual,
    newest: Seen,
    /// Only if they are compared with.
    hours: Option<Box<Hours>>,
}

impl Statistics {
    /// Starts with the first value.
    pub(super) fn new(first: Seen, with_hours: bool) -> Self {
        let hours = with_hours.then(|| Box::new(Hours::new(first.at)));
        Self { samples: 0, recent: Usual::default(), newest: first, hours }
    }

    /// Adds the previous value.
    pub(super) fn go_on(&mut self, seen: Seen, anomaly: &Anomaly) {
        self.samples = self.samples.saturating_add(1);
        self.recent.add(self.newest.value, self.weight(seen, anomaly));
        if !(self.recent.mean.is_finite() && self.recent.variance.is_finite()) {
            // Squares of such large values overflow: start over rather than never compare again.
            (self.samples, self.recent) = (0, Usual::default());
        }
        if let Some(hours) = &mut self.hours {
            hours.add(self.newest);
            hours.go_to(seen.at);
        }
        self.newest = seen;
    }

    /// The weight of the previous value in the recent mean: by how long it lasted. At first all values have the same
    /// weight; later none has more than among `min_samples`, however rare they are.
    fn weight(&self, seen: Seen, anomaly: &Anomaly) -> f64 {
        let lasted = seen.at.since(self.newest.at).as_secs_f64();
        let by_time = 1.0 - (-lasted / anomaly.over.as_secs_f64()).exp();
        let at_most = 2.0 / (f64::from(anomaly.min_samples) + 1.0);
        by_time.min(at_most).max(1.0 / f64::from(self.samples))
    }

    /// The number of values, without the newest.
    pub(super) fn samples(&self) -> u32 {
        self.samples
    }

    /// The usual recent values.
    pub(super) fn recent(&self) -> Usual {
        self.recent
    }

    /// On how many earlier days the newest value's hour of the day had values.
    pub(super) fn days(&self) -> u8 {
        self.hours.as_ref().map_or(0, |hours| hours.days(self.newest.at))
    }

    /// The usual values at the newest value's hour of the day, if enough days are known.
    pub(super) fn same_hour(&self) -> Option<Usual> {
        self.hours.as_ref()?.usual(self.newest.at)
    }

    pub(crate) fn write(&self, out: &mut impl BufMut) {
        out.put_u32(self.samples);
        out.put_f64(self.recent.mean);
        out.put_f64(self.recent.variance);
        self.newest.write(out);
        out.put_u8(self.hours.is_some().into());
        if let Some(hours) = &self.hours {
            hours.write(out);
        }
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        Ok(Self {
            samples: bytes.try_get_u32()?,
            recent: Usual { mean: bytes.try_get_f64()?, variance: bytes.try_get_f64()? },
            newest: Seen::read(bytes)?,
            hours: if bytes.try_get_u8()? == 0 { None } else { Some(Box::new(Hours::read(bytes)?)) },
        })
    }
}
