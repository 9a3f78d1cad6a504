//! Samples as a kind of record.

mod identity;
mod series;

use crate::config::IngestConfig;
use crate::decode::{Decoded, Decoder, refuse_empty, whole};
use crate::kind::{Kind, NoRoom, Refused, Retention, Sender};
use identity::{ArrivalClock, Repeat, Repeats};
use prometheus::{IntGaugeVec, Opts, Registry};
use series::{RecentSeries, SeriesOf, nearly_full};
use std::time::{Duration, Instant};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Timestamp, Violation, limits};
use watchkeeper_ports::{BatchBuilder, Topic};
use watchkeeper_runtime::Notice;
use watchkeeper_runtime::http::Problem;
use watchkeeper_runtime::telemetry::register;
use watchkeeper_wire::body::{BodyFormat, for_each_item};
use watchkeeper_wire::sample::{SampleReader, UnknownFields, write_parts};

/// The usual size of a sample, in bytes, for preallocation.
const ITEM_BYTES: usize = 128;

/// Samples. Without a time of collection a sample gets its time of arrival; one that is repeated within a body is
/// published once; one of a new series is refused when a limit on series is reached.
pub(crate) struct Samples {
    config: Reloadable<IngestConfig>,
    /// How long the store keeps samples: older ones are refused.
    retention: Retention,
    arrivals: ArrivalClock,
    recent: RecentSeries,
    series: IntGaugeVec,
}

impl Samples {
    pub(crate) fn new(
        config: Reloadable<IngestConfig>,
        retention: Retention,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let series = Opts::new("watchkeeper_ingest_series", "Series sent recently, by token.");
        Ok(Self {
            config,
            retention,
            arrivals: ArrivalClock::default(),
            recent: RecentSeries::new(Instant::now()),
            series: register(registry, IntGaugeVec::new(series, &["token"])?)?,
        })
    }

    fn reader<'b>(&'b self, sender: &'b Sender, now: Timestamp) -> Reader<'b> {
        Reader {
            now,
            retention: (self.retention)(),
            arrivals: &self.arrivals,
            recent: self.recent.of(sender, self.config.current().series, Instant::now()),
            samples: SampleReader::new(),
            key: String::new(),
            repeats: Repeats::default(),
        }
    }

    /// Updates the metric of recently sent series, and warns the operator before a limit is reached.
    pub(crate) fn report(&self, notice: &Notice) {
        let counts = self.recent.counts();
        self.series.reset();
        for (sender, series) in &counts {
            let series = i64::try_from(*series).unwrap_or(i64::MAX);
            self.series.with_label_values(&[sender.name()]).set(series);
        }
        match nearly_full(&counts, self.config.current().series) {
            Some(text) => notice.set(text),
            None => notice.clear(),
        }
    }
}

impl Kind for Samples {
    const TOPIC: Topic = Topic::METRICS;
    const ITEM: &'static str = "sample";
    const AN_ITEM: &'static str = "a sample";
    const NO_ROOM: Option<NoRoom> = Some(NoRoom {
        kind: "too-many-series",
        title: "Too many series",
        // Some series may have expired by then.
        retry_after: Duration::from_secs(10 * 60),
    });

    /// Allocates only for refused items.
    fn decode(
        &self,
        sender: &Sender,
        body: &[u8],
        format: BodyFormat,
        config: &IngestConfig,
        now: Timestamp,
    ) -> Result<Decoded, Problem> {
        refuse_empty::<Self>(body)?;
        let mut reader = self.reader(sender, now);
        let mut decoder = Decoder::with_room(body.len() / ITEM_BYTES, body.len() + body.len() / 2);
        let read_all = for_each_item(body, format, config.max_items, |index, item| {
            let text = item.map_err(|error| Violation::new(Self::ITEM, error.to_string()).into());
            let read = text.and_then(|text| reader.read(index, text, &mut decoder.batch));
            decoder.note(index, read);
        });
        read_all.map_err(whole)?;
        Ok(decoder.finish())
    }
}

/// Reads the samples of one body.
struct Reader<'b> {
    now: Timestamp,
    retention: Duration,
    arrivals: &'b ArrivalClock,
    recent: SeriesOf<'b>,
    samples: SampleReader<'b>,
    /// Buffer for a series key, reused for each sample.
    key: String,
    repeats: Repeats,
}

impl<'b> Reader<'b> {
    /// Reads the item with this index, and adds its record to `batch` if it has one: a duplicate has none. Does not
    /// allocate for accepted items.
    fn read(&mut self, index: usize, item: &'b str, batch: &mut BatchBuilder) -> Result<(), Refused> {
        let sample = self.samples.read(item, UnknownFields::Refuse)?;
        let series = sample.series();
        self.key.clear();
        series.write_key(&mut self.key);
        if let Some(at) = sample.collected_at {
            limits::check_accepted(at, self.now, self.retention)?;
        }
        // After all other checks: a refused sample must not count its series.
        self.recent.note(&self.key).map_err(Refused::NoRoom)?;
        let collected_at = match sample.collected_at {
            None => self.arrivals.next(self.now),
            Some(at) => match self.repeats.note(&self.key, at, sample.value, index) {
                Repeat::None => at,
                Repeat::Same => return Ok(()),
                Repeat::Contradicts { earlier } => return Err(contradicts(earlier).into()),
            },
        };
        let note = sample.note.as_ref();
        let write = |out: &mut _| write_parts(out, &series, collected_at, sample.value, note);
        batch.push_written(self.key.as_bytes(), write);
        Ok(())
    }
}

fn contradicts(earlier: usize) -> Violation {
    Violation::new("value", format!("differs from item {earlier}, which is the same series at the same time"))
}

#[cfg(test)]
mod tests;
