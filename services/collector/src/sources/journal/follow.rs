//! Follows the journal.

use super::config::JournalConfig;
use super::cursor::CursorFile;
use super::entry::event;
use super::export::{Entry, Reader};
use super::metrics::JournalMetrics;
use super::sequence::{Sequence, gap, is_cursor};
use super::tool::{Journalctl, why_it_ended};
use crate::config::CollectorConfig;
use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, timeout};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{BatchBuilder, EventBus as _, Failure, PortError, RecordBatch, Topic};
use watchkeeper_runtime::consumer::publish_accepted;
use watchkeeper_runtime::{Backoff, Heartbeat, Notice, RoleContext, RoleResult, Rounds, Stopped};
use watchkeeper_spool::SpooledBus;
use watchkeeper_wire::event::push_event;

/// The shortest time between two starts of `journalctl`; it becomes longer while it keeps ending.
const START_EVERY: Duration = Duration::from_secs(1);
/// How often the cursor is saved, at most. What is read again after a crash is at most of this time.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// A child that has run for so long has started.
const SETTLED: Duration = Duration::from_secs(2);
/// Bytes that are read at once: what a pipe has.
const READ_BYTES: usize = 64 << 10;
/// A batch is complete with so many bytes of records.
const BATCH_BYTES: usize = 1 << 20;

/// The journal as a source of events.
pub(crate) struct Journal {
    context: RoleContext,
    config: Reloadable<CollectorConfig>,
    cursor: CursorFile,
    pipelines: Reloadable<PipelineSet>,
    notice: Notice,
    metrics: JournalMetrics,
}

/// What following the journal takes, beside a bus.
pub struct JournalPorts {
    /// The directory in which the cursor is kept.
    pub directory: PathBuf,
    /// What is hidden in events.
    pub pipelines: Reloadable<PipelineSet>,
}

impl Journal {
    pub(crate) fn new(
        context: &RoleContext,
        config: Reloadable<CollectorConfig>,
        JournalPorts { directory, pipelines }: JournalPorts,
    ) -> Result<Self, prometheus::Error> {
        let metrics = JournalMetrics::register(context.registry())?;
        let (cursor, notice) = (CursorFile::in_directory(&directory), context.notice("journal"));
        Ok(Self { context: context.clone(), config, cursor, pipelines, notice, metrics })
    }

    /// Follows the journal while the configuration says so, until the role stops. A child that ends is started again.
    pub(crate) async fn run(self, bus: &SpooledBus) -> RoleResult {
        let heartbeat = self.context.heartbeat("journal");
        let mut rounds = Rounds::every(START_EVERY, &self.context, &heartbeat);
        let (mut changes, mut backoff) = (self.config.changes(), Backoff::default());
        while rounds.next(Box::pin(self.round(bus, &heartbeat, &mut changes, &mut backoff))).await? {}
        Ok(())
    }

    /// One run of `journalctl`, or the time until it is wanted.
    async fn round(
        &self,
        bus: &SpooledBus,
        heartbeat: &Heartbeat,
        changes: &mut Receiver<Arc<CollectorConfig>>,
        backoff: &mut Backoff,
    ) -> Result<(), Stopped> {
        let current = Arc::clone(&changes.borrow_and_update());
        let Some(config) = &current.journal else {
            self.notice.clear();
            heartbeat.idle(until_changed(changes, &current)).await;
            return Ok(());
        };
        let following = Following { journal: self, bus, heartbeat, config };
        let ended = tokio::select! {
            () = until_changed(changes, &current) => return Ok(()),
            ended = following.run(backoff) => ended,
        };
        match ended {
            Err(Ended::Failed(error)) if error.failure() == Failure::Stop => Err(error.into()),
            Err(Ended::Failed(error)) => {
                backoff.pause(&self.context, heartbeat).await?;
                Err(error.into())
            }
            Err(Ended::Without(reason)) => {
                self.metrics.restarts.inc();
                self.notice.set(format_args!("the journal is not read: {reason}"));
                backoff.pause(&self.context, heartbeat).await?;
                Ok(())
            }
            Ok(never) => match never {},
        }
    }
}

/// Waits for a reload that changes what is read of the journal.
async fn until_changed(changes: &mut Receiver<Arc<CollectorConfig>>, current: &CollectorConfig) {
    loop {
        if changes.changed().await.is_err() {
            return pending().await;
        }
        if changes.borrow_and_update().journal != current.journal {
            return;
        }
    }
}

/// Why a run has ended.
enum Ended {
    /// The bus does not take events.
    Failed(PortError),
    /// `journalctl` cannot run, or runs no longer; or the cursor cannot be kept.
    Without(String),
}

enum Never {}

/// One run of `journalctl`.
struct Following<'a> {
    journal: &'a Journal,
    bus: &'a SpooledBus,
    heartbeat: &'a Heartbeat,
    config: &'a JournalConfig,
}

/// What has been read and not published.
#[derive(Default)]
struct Read {
    batch: BatchBuilder,
    /// The cursor of the last entry.
    cursor: Option<String>,
}

impl Following<'_> {
    async fn run(&self, backoff: &mut Backoff) -> Result<Never, Ended> {
        let mut unsaved = None;
        let ended = self.read_and_publish(backoff, &mut unsaved).await;
        // Or the next run would begin with what this one has published.
        if let Some(cursor) = unsaved {
            self.save(&cursor).await?;
        }
        ended
    }

    /// `unsaved` becomes the cursor of the last published event while it is not saved.
    async fn read_and_publish(
        &self,
        backoff: &mut Backoff,
        unsaved: &mut Option<String>,
    ) -> Result<Never, Ended> {
        let tool = Journalctl::find(self.config).map_err(Ended::Without)?;
        let cursor = self.beginning(&tool).await?;
        let mut child = tool.follow(cursor.as_deref()).map_err(Ended::Without)?;
        let Some(mut stdout) = child.stdout.take() else {
            return Err(Ended::Without("no output".to_owned()));
        };
        let (mut reader, mut sequence) = (Reader::default(), Sequence::after(cursor.as_deref()));
        let (mut buffer, mut read) = (vec![0; READ_BYTES], Read::default());
        let (started, mut saved_at, mut is_settled) = (Instant::now(), Instant::now(), false);
        loop {
            let wait = if is_settled && unsaved.is_none() { Duration::MAX } else { SAVE_EVERY };
            match self.heartbeat.idle(timeout(wait, stdout.read(&mut buffer))).await {
                Ok(Ok(0)) => return Err(Ended::Without(why_it_ended(child).await)),
                Ok(Err(error)) => return Err(Ended::Without(error.to_string())),
                Ok(Ok(bytes)) => {
                    reader.push(&buffer[..bytes], |entry| self.take(&entry, &mut sequence, &mut read));
                    // And what is there already, until the batch is complete.
                    while read.batch.published_bytes() < BATCH_BYTES
                        && let Ok(Ok(bytes @ 1..)) = timeout(Duration::ZERO, stdout.read(&mut buffer)).await
                    {
                        reader.push(&buffer[..bytes], |entry| self.take(&entry, &mut sequence, &mut read));
                    }
                    self.publish(std::mem::take(&mut read.batch).finish()).await?;
                    *unsaved = read.cursor.take().or(unsaved.take());
                }
                Err(_) => {}
            }
            if !is_settled && started.elapsed() >= SETTLED {
                is_settled = true;
                *backoff = Backoff::default();
                self.journal.notice.clear();
            }
            if saved_at.elapsed() >= SAVE_EVERY
                && let Some(cursor) = unsaved.take()
            {
                self.save(&cursor).await?;
                saved_at = Instant::now();
            }
        }
    }

    /// The cursor after which reading begins: at first that of the newest entry, which is kept, so that nothing is missed
    /// from now on. `None` if the journal is empty.
    async fn beginning(&self, tool: &Journalctl) -> Result<Option<String>, Ended> {
        let saved = self.journal.cursor.load().await;
        if let Some(saved) =
            saved.map_err(|error| Ended::Without(format!("cannot read the cursor: {error}")))?
        {
            return Ok(Some(saved));
        }
        let newest = self.heartbeat.idle(tool.newest()).await.map_err(Ended::Without)?;
        let mut cursor = None;
        // An entry ends in an empty line.
        Reader::default().push(&[&newest, &b"\n\n"[..]].concat(), |entry| cursor = cursor_of(&entry));
        if let Some(cursor) = &cursor {
            self.save(cursor).await?;
        }
        Ok(cursor)
    }

    async fn save(&self, cursor: &str) -> Result<(), Ended> {
        let saved = self.journal.cursor.save(cursor).await;
        saved.map_err(|error| Ended::Without(format!("cannot save the cursor: {error}")))
    }

    /// Adds the event of an entry, and before it one that tells of missing entries.
    fn take(&self, entry: &Entry, sequence: &mut Sequence, read: &mut Read) {
        let Some(cursor) = cursor_of(entry) else { return };
        let now = Timestamp::now();
        let missing = sequence.missing_before(&cursor);
        let taken = event(entry, &cursor, self.config, now);
        if missing > 0 {
            self.journal.metrics.missed.inc_by(missing);
            let (host, at) = taken.as_ref().map_or(("", now), |event| (&*event.host, event.occurred_at));
            if let Some(gap) = gap(missing, &cursor, host, at) {
                push_event(&mut read.batch, &gap);
            }
        }
        if let Some(mut event) = taken {
            self.journal.pipelines.current().redaction().apply(&mut event);
            push_event(&mut read.batch, &event);
        }
        read.cursor = Some(cursor);
    }

    /// Publishes a batch, and reads nothing meanwhile. After a failure the journal is read again from the saved cursor.
    async fn publish(&self, batch: RecordBatch) -> Result<(), Ended> {
        if batch.is_empty() {
            return Ok(());
        }
        let publish = publish_accepted(&batch, |records| self.bus.publish(&Topic::EVENTS, records));
        let rejected = self.heartbeat.waiting(self.bus.dependency(), publish).await.map_err(Ended::Failed)?;
        if let Some((_, error)) = rejected.first() {
            tracing::error!(%error, records = rejected.len(), "dropped events of the journal that the bus rejected");
        }
        self.journal.metrics.dropped.inc_by(rejected.len() as u64);
        self.journal.metrics.published.inc_by((batch.len() - rejected.len()) as u64);
        Ok(())
    }
}

fn cursor_of(entry: &Entry) -> Option<String> {
    let cursor = std::str::from_utf8(entry.first("__CURSOR")?).ok()?;
    is_cursor(cursor).then(|| cursor.to_owned())
}
