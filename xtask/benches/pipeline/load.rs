//! The samples to publish.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Series, Timestamp, Violation};

/// The time of the first sample of each series.
const BEGIN: &str = "2026-01-01T00:00:00Z";
const SECOND: Duration = Duration::from_secs(1);

/// Every series in turn, one second later in each round.
pub(crate) struct Load {
    series: Vec<Arc<Series>>,
    samples: usize,
}

impl Load {
    pub(crate) fn new(series: usize, samples: usize) -> Result<Self, Violation> {
        let series = (0..series).map(numbered).collect::<Result<_, _>>()?;
        Ok(Self { series, samples })
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub(crate) fn samples(&self) -> impl Iterator<Item = Sample> {
        let begin: Timestamp = BEGIN.parse().expect("it is written as RFC 3339 says");
        let times = (0..).scan(begin, |next, _: u64| Some(std::mem::replace(next, next.plus(SECOND))));
        let sample =
            |collected_at| move |series: &Arc<Series>| Sample::new(Arc::clone(series), collected_at, 0.0);
        let samples = times.flat_map(move |collected_at| self.series.iter().map(sample(collected_at)));
        let numbered = samples.take(self.samples).enumerate();
        numbered.map(|(number, sample)| Sample { value: (number % 100_003) as f64 / 8.0, ..sample })
    }
}

fn numbered(number: usize) -> Result<Arc<Series>, Violation> {
    let (host, route) = (format!("web-{:03}", number % 100), format!("/r/{number}"));
    let labels = [("host", &*host), ("method", "GET"), ("route", &*route)];
    Series::new("bench", "requests_total", "", &labels).map(Arc::new)
}
