//! Samples: every series in turn, one second later in each round.

use crate::kind::{EPOCH_MICROS, Kind, Numbers, framed};
use bytes::{BufMut as _, Bytes};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Client;
use watchkeeper_adapter_postgres::PostgresStore;
use watchkeeper_domain::{Sample, Series, Timestamp, Violation, Window};
use watchkeeper_ports::{Append, BatchBuilder, Topic};
use watchkeeper_wire::sample::{SampleDecoder, push_sample};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SECOND: Duration = Duration::from_secs(1);
const SERIES: &str = "series";

pub(crate) struct Samples;

impl Kind for Samples {
    type Item = Sample;

    const ROLE: &'static str = "persister";
    const ITEMS: &'static str = "samples";
    const TOPIC: Topic = Topic::METRICS;
    const COPY: &'static str = "COPY samples (series_id, at, value) FROM STDIN (FORMAT binary)";
    const TABLE: &'static str = "samples";

    fn push(batch: &mut BatchBuilder, sample: &Sample) {
        push_sample(batch, sample);
    }

    fn decode(value: &[u8]) -> anyhow::Result<Sample> {
        Ok(SampleDecoder::new().decode(value)?)
    }

    async fn store_some(store: &PostgresStore, samples: &[Sample]) -> anyhow::Result<()> {
        let one_of_each: BTreeMap<_, _> = samples
            .iter()
            .map(|sample| ((Arc::clone(&sample.series), Window::Day.start(sample.collected_at)), sample))
            .collect();
        let samples = one_of_each.into_values().cloned().collect();
        store.samples().append(Arc::new(Append::of(samples))).await?;
        Ok(())
    }

    async fn numbers(client: &Client) -> anyhow::Result<Numbers> {
        let mut numbers = Numbers::default();
        numbers.read(client, SERIES, "key").await?;
        Ok(numbers)
    }

    fn encode(samples: &[Sample], numbers: &Numbers) -> anyhow::Result<Bytes> {
        let row = |sample: &Sample| {
            let id = numbers.of(SERIES, sample.series.key())?;
            anyhow::Ok((id, sample.collected_at, sample.value))
        };
        let mut rows = samples.iter().map(row).collect::<Result<Vec<(i64, Timestamp, f64)>, _>>()?;
        rows.sort_unstable_by_key(|&(id, at, _)| (id, at));
        framed(|out| {
            for (id, at, value) in rows {
                out.put_i16(3);
                out.put_i32(8);
                out.put_i64(id);
                out.put_i32(8);
                out.put_i64(at.as_micros() - EPOCH_MICROS);
                out.put_i32(8);
                out.put_f64(value);
            }
            Ok(())
        })
    }
}

/// The samples to publish.
pub(crate) struct Load {
    series: Vec<Arc<Series>>,
    samples: usize,
    /// The time of the first sample of each series: two days ago, well within the retention.
    begin: Timestamp,
}

impl Load {
    pub(crate) fn new(series: usize, samples: usize) -> Result<Self, Violation> {
        let series = (0..series).map(numbered).collect::<Result<_, _>>()?;
        let begin = Timestamp::now().window_start(DAY).minus(2 * DAY);
        Ok(Self { series, samples, begin })
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub(crate) fn samples(&self) -> impl Iterator<Item = Sample> {
        let times = (0..).scan(self.begin, |next, _: u64| Some(std::mem::replace(next, next.plus(SECOND))));
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
