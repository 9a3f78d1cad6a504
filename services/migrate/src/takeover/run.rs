//! Runs one takeover.

use super::left_out::LeftOuts;
use super::page::{Expected, Page};
use super::reading::Reading;
use super::{PAGE_ROWS, SETTLING_ROWS, marks};
use crate::patience::patiently;
use crate::progress::{Event, Teller};
use crate::run::{MigrateError, failed};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::limits::check_accepted;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{
    Advance, Append, Group, MetricsRow, MetricsTable, PortError, RollupStore, SampleKey, SampleStore,
    TableExtent, Topic, TopicPartition,
};

/// The kind in reports.
const WHAT: &str = "samples";
/// Samples in one read of the store.
const STORED_PAGE: usize = 20_000;

/// What to take over, and where to.
#[derive(Clone)]
pub struct Takeover {
    /// The table.
    pub table: Arc<dyn MetricsTable>,
    /// The store for its samples.
    pub samples: Arc<dyn SampleStore>,
    /// The rollup store, if it is known, and the names under which analytics keeps its progress.
    pub rollups: Option<(Arc<dyn RollupStore>, Vec<String>)>,
    /// How long samples are kept.
    pub retention: Duration,
    /// Most series that the store may have.
    pub max_series: u64,
    /// Whether to read and compare rows again that were taken over already.
    pub again: bool,
}

/// The result of a takeover.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TakenOver {
    /// Rows that were read.
    pub rows: u64,
    /// Samples that are new in the store.
    pub taken: u64,
    /// Samples that the store already had, or that repeat another row with the same value.
    pub there: u64,
    /// Samples that were read back and are equal.
    pub verified: u64,
    /// Samples that the store lacks after all.
    pub missing: u64,
    /// Skipped rows.
    pub left_out: LeftOuts,
}

/// Takes over what was not taken over yet. `tell` is called often, and must be quick.
///
/// # Errors
/// If an engine stays unavailable for longer than the retries last ([`MAX_RETRIES`](crate::MAX_RETRIES)), or
/// refuses something.
pub async fn take_over(
    takeover: &Takeover,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<TakenOver, MigrateError> {
    let mut run = Run { takeover, teller: Teller::new(tell), done: TakenOver::default() };
    run.go().await.map_err(failed(WHAT))?;
    Ok(run.done)
}

struct Run<'a> {
    takeover: &'a Takeover,
    teller: Teller<'a>,
    done: TakenOver,
}

impl Run<'_> {
    async fn go(&mut self) -> Result<(), PortError> {
        let Takeover { table, samples, rollups, again, .. } = self.takeover;
        self.teller.begins(WHAT);
        let extent = patiently(&mut self.teller, async |_| {
            samples.check().await?;
            if let Some((rollups, _)) = rollups {
                rollups.check().await?;
            }
            table.extent().await
        })
        .await?;
        let position = patiently(&mut self.teller, async |_| position(&**samples, &extent).await).await?;
        let mut from = if *again { 0 } else { position.saturating_sub(SETTLING_ROWS) };
        let (begin, mut reading) = (from, Reading::default());
        while from < extent.end {
            self.teller.begins_part(part(begin, from), part(begin, extent.end - 1));
            let rows = patiently(&mut self.teller, async |_| table.rows(from, PAGE_ROWS).await).await?;
            let Some(last) = rows.last() else { break };
            let next = last.id + 1;
            self.page(&mut reading, rows, &extent, position).await?;
            from = next;
        }
        // Everything before is done; if a takeover ends before this point, the next one repeats the last
        // page.
        self.append(Vec::new(), &extent, extent.end.max(from)).await.map(drop)
    }

    /// Takes over one page; `position` is where an earlier run stopped.
    async fn page(
        &mut self,
        reading: &mut Reading,
        rows: Vec<MetricsRow>,
        extent: &TableExtent,
        position: u64,
    ) -> Result<(), PortError> {
        let Takeover { rollups, retention, max_series, again, .. } = self.takeover;
        let (first, last) = (rows[0].id, rows[rows.len() - 1].id);
        self.done.rows += rows.len() as u64;
        self.teller.compares(rows.len());
        let mut page = Page::read(reading, rows, Timestamp::now(), *retention);
        let stored = loop {
            let samples = page.samples.iter().map(|(_, sample)| sample.clone()).collect();
            let error = match self.append(samples, extent, first).await {
                Ok(stored) => break stored,
                Err(error) => error,
            };
            // The series of these samples exceed the limit: the rest is stored without them. Each attempt has fewer.
            let PortError::ItemsRejected { items, .. } = &error else { return Err(error) };
            if page.without(items, *max_series) == 0 {
                return Err(error);
            }
        };
        if let (Some((rollups, passes)), Some(oldest)) = (rollups, page.oldest())
            && (*again || stored.is_anything_new || last >= position)
        {
            // After the samples are stored, so that the passes that run again see them.
            patiently(&mut self.teller, async |_| marks::put_back(rollups, passes, oldest).await).await?;
        }
        self.done.taken += stored.taken;
        self.done.there += page.samples.len() as u64 - stored.taken + page.repeated;
        self.teller.copies(stored.taken);
        for left_out in std::mem::take(&mut page.left_out) {
            self.done.left_out.count(&left_out);
            self.teller.leaves_out(&left_out);
        }
        self.read_back(Expected::of(page)).await
    }

    /// Stores samples and moves the position to `next` from wherever it is: two concurrent runs do nothing
    /// twice, and the one that is behind does not move it back.
    async fn append(
        &mut self,
        items: Vec<Sample>,
        extent: &TableExtent,
        next: u64,
    ) -> Result<Stored, PortError> {
        let Takeover { samples, max_series, .. } = self.takeover;
        let (mut append, mut attempts) = (Arc::new(Append::of(items)), 0);
        let appended = patiently(&mut self.teller, async |_| {
            attempts += 1;
            let expected = position(&**samples, extent).await?;
            let (group, partition, topic_id) = (group(), partition(), extent.table_id.clone());
            // A concurrent run may be ahead.
            let next = next.max(expected);
            let advance = Advance { group, partition, topic_id, expected: Some(expected), next };
            Arc::make_mut(&mut append).advances = vec![advance];
            samples.append_within(*max_series, Arc::clone(&append)).await
        })
        .await?;
        // A failed attempt may have stored them.
        Ok(Stored { taken: appended.stored, is_anything_new: appended.stored > 0 || attempts > 1 })
    }

    async fn read_back(&mut self, mut expected: Expected) -> Result<(), PortError> {
        let Takeover { samples, retention, .. } = self.takeover;
        for time in expected.stretches() {
            let mut after: Option<SampleKey> = None;
            loop {
                let stored: Vec<Sample> = patiently(&mut self.teller, async |_| {
                    samples.samples(time.clone(), after.as_ref(), STORED_PAGE).await
                })
                .await?;
                let Some(last) = stored.last() else { break };
                let is_last = stored.len() < STORED_PAGE;
                after = Some(SampleKey::of(last));
                for stored in &stored {
                    match expected.take(stored) {
                        None => {}
                        Some(Ok(())) => self.done.verified += 1,
                        Some(Err(left_out)) => {
                            self.done.left_out.count(&left_out);
                            self.teller.leaves_out(&left_out);
                        }
                    }
                }
                if is_last {
                    break;
                }
            }
        }
        // What has become too old meanwhile may have been pruned.
        let now = Timestamp::now();
        let is_kept = |sample: &&Sample| check_accepted(sample.collected_at, now, *retention).is_ok();
        self.done.missing += expected.missing().filter(is_kept).count() as u64;
        Ok(())
    }
}

struct Stored {
    taken: u64,
    is_anything_new: bool,
}

/// The position: rows before this number are done.
async fn position(samples: &dyn SampleStore, extent: &TableExtent) -> Result<u64, PortError> {
    Ok(samples.position(&group(), &partition(), &extent.table_id).await?.next())
}

/// The group that has the position.
fn group() -> Group {
    Group::named("migrate")
}

/// The table stands for a topic; its ID identifies it.
fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

/// The part that contains a row, from 1.
fn part(begin: u64, number: u64) -> usize {
    usize::try_from(number.saturating_sub(begin) / PAGE_ROWS as u64).unwrap_or(usize::MAX - 1) + 1
}
