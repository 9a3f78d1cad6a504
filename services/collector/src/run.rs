//! The collector's loops: one per target, one that publishes, one that saves marks, one that applies reloads.

use crate::collect::Collecting;
use crate::config::CollectorConfig;
use crate::followed::{Followed, Tasks};
use crate::marks::{MarkKeeper, Marks};
use crate::metrics::CollectorMetrics;
use crate::publish::Publisher;
use crate::queue::Queue;
use crate::sources::AllSources;
use crate::sources::journal::{Journal, JournalPorts};
use crate::status::{REPORT_EVERY, Rate, Status};
use crate::target::Sources;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use watchkeeper_config::Reloadable;
use watchkeeper_ports::{EventBus, ScheduleStore, Topic};
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};
use watchkeeper_spool::{PUBLISH_TIMEOUT, SpoolPort, SpooledBus};

/// How long running collections may continue when the role stops.
pub const FINISH_WITHIN: Duration = Duration::from_secs(3);
/// How long publishing the queue, and saving marks, may take after that.
pub const FLUSH_WITHIN: Duration = Duration::from_secs(10);
// A bus that does not answer must leave time for the spool to take the batch.
const _: () = assert!(FLUSH_WITHIN.as_secs() >= 2 * PUBLISH_TIMEOUT.as_secs());

/// Collects from all enabled sources and publishes to topic `metrics`, until the role stops. Samples are kept in
/// `spool` while the bus is unavailable, if there is one. A reload of `config` takes effect at once. The journal is
/// followed, if that is enabled, from where it was left according to a file of `journal`.
pub async fn run(
    context: RoleContext,
    config: Reloadable<CollectorConfig>,
    bus: Arc<dyn EventBus>,
    spool: Option<SpoolPort>,
    schedule: Arc<dyn ScheduleStore>,
    journal: Option<JournalPorts>,
) -> RoleResult {
    let sources = AllSources::register(context.registry())?;
    let follow = |ports| Journal::new(&context, config.clone(), ports);
    let journal = journal.map(follow).transpose()?;
    Box::pin(run_beside(journal, context, sources, config, bus, spool, schedule)).await
}

/// The same for any sources.
///
/// # Errors
/// Duplicate target names, a backend failure that only an operator can fix, or a target that panicked.
pub async fn run_sources<S: Sources>(
    context: RoleContext,
    sources: S,
    config: Reloadable<S::Config>,
    bus: Arc<dyn EventBus>,
    spool: Option<SpoolPort>,
    schedule: Arc<dyn ScheduleStore>,
) -> RoleResult {
    run_beside(None, context, sources, config, bus, spool, schedule).await
}

async fn run_beside<S: Sources>(
    journal: Option<Journal>,
    context: RoleContext,
    sources: S,
    config: Reloadable<S::Config>,
    bus: Arc<dyn EventBus>,
    spool: Option<SpoolPort>,
    schedule: Arc<dyn ScheduleStore>,
) -> RoleResult {
    let metrics = Arc::new(CollectorMetrics::register(context.registry())?);
    let bus = Arc::new(SpooledBus::new(&context, bus, spool, Topic::METRICS)?);
    // The bus is monitored, and the spool forwarded, while the marks are loaded too.
    let follow = async {
        match journal {
            Some(journal) => Box::pin(journal.run(&bus)).await,
            None => Ok(()),
        }
    };
    let collect = collect(context, sources, config, Arc::clone(&bus), schedule, metrics);
    tokio::try_join!(bus.run(), collect, follow)?;
    Ok(())
}

async fn collect<S: Sources>(
    context: RoleContext,
    sources: S,
    config: Reloadable<S::Config>,
    bus: Arc<SpooledBus>,
    schedule: Arc<dyn ScheduleStore>,
    metrics: Arc<CollectorMetrics>,
) -> RoleResult {
    let (marks, queue) = (Arc::new(Marks::default()), Arc::new(Queue::default()));
    let keeper = MarkKeeper::new(&context, schedule, Arc::clone(&marks));
    match keeper.load().await {
        Ok(()) => {}
        Err(Stopped::Shutdown) => return Ok(()),
        Err(Stopped::Failed(error)) => return Err(error.into()),
    }
    let publisher = Publisher::new(&context, Arc::clone(&bus), Arc::clone(&queue), Arc::clone(&metrics));
    let collecting = Arc::new(Collecting { context, started: Instant::now(), marks, queue, metrics });
    let mut followed = Followed::new(Arc::clone(&collecting), sources);

    tokio::try_join!(
        publisher.run(),
        keeper.run(),
        report(&collecting, &bus),
        oversee(&collecting, &mut followed, &config)
    )?;
    wind_down(&collecting, followed.into_tasks(), &publisher, &keeper).await;
    Ok(())
}

/// Writes the status line until the role stops.
async fn report(collecting: &Collecting, bus: &SpooledBus) -> RoleResult {
    let Collecting { context, metrics, .. } = collecting;
    let mut rate = Rate::default();
    let heartbeat = context.heartbeat("report");
    let mut rounds = Rounds::every(REPORT_EVERY, context, &heartbeat);
    let mut report = async || {
        let samples_per_minute = rate.per_minute(Instant::now(), metrics.published.get());
        context.set_status(bus.with_address(Status::of(metrics, samples_per_minute, bus.state())));
        Ok(())
    };
    while rounds.next(report()).await? {}
    Ok(())
}

/// Follows the targets of the current configuration until the role stops or a target panics.
async fn oversee<S: Sources>(
    collecting: &Collecting,
    followed: &mut Followed<S>,
    config: &Reloadable<S::Config>,
) -> RoleResult {
    let mut reloads = config.changes();
    loop {
        let current = Arc::clone(&reloads.borrow_and_update());
        followed.apply(&current)?;
        drop(current);
        tokio::select! {
            biased;
            () = collecting.context.shutdown().cancelled() => return Ok(()),
            panic = followed.panicked() => return Err(panic.into()),
            _ = reloads.changed() => {}
        }
    }
}

/// Lets running collections end, publishes the queue and saves the marks.
async fn wind_down(collecting: &Collecting, mut tasks: Tasks, publisher: &Publisher, keeper: &MarkKeeper) {
    let ended = timeout(FINISH_WITHIN, async { while tasks.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!(targets = tasks.len(), "aborted running collections");
        tasks.shutdown().await;
    }
    let flush = async { tokio::join!(publisher.flush(), keeper.save()).1 };
    match timeout(FLUSH_WITHIN, flush).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "cannot save the last start times of targets"),
        Err(_) => {
            tracing::warn!(
                samples = collecting.queue.len(),
                "cannot publish the last samples before the exit"
            );
        }
    }
}
