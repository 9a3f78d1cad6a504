//! Whether the api can answer, and how busy it is.

use crate::grpc::Health;
use crate::live::Live;
use crate::metrics::ApiMetrics;
use crate::run::ApiPorts;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use watchkeeper_domain::SeriesFilter;
use watchkeeper_ports::{Failure, Page, PortError};
use watchkeeper_runtime::{Dependency, Grouped, RoleContext, RoleResult, per_second};

/// How often the dependencies are asked, and the status line is written.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// How long a dependency may take to answer.
const CHECK_WITHIN: Duration = Duration::from_secs(5);

/// What the api cannot do all of its work without.
pub(crate) struct Dependencies {
    pub(crate) store: Dependency,
    pub(crate) cache: Dependency,
    pub(crate) bus: Dependency,
}

impl Dependencies {
    /// Those of the role, missing until they have answered.
    pub(crate) fn of(context: &RoleContext) -> Self {
        let [store, cache, bus] = ["store", "cache", "bus"].map(|name| context.dependency(name));
        Self { store, cache, bus }
    }
}

/// Watches what the api depends on.
pub(crate) struct Readiness {
    pub(crate) context: RoleContext,
    pub(crate) ports: ApiPorts,
    pub(crate) dependencies: Dependencies,
    pub(crate) live: Live,
    pub(crate) metrics: ApiMetrics,
    pub(crate) health: Health,
}

impl Readiness {
    /// Checks again and again until the role is asked to stop, or a failure says that only a restart helps.
    pub(crate) async fn keep_watching(self) -> RoleResult {
        let heartbeat = self.context.heartbeat("readiness");
        let mut due = interval(CHECK_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut answered, mut since) = (self.metrics.answered(), Instant::now());
        loop {
            tokio::select! {
                () = self.context.shutdown().cancelled() => return Ok(()),
                _ = heartbeat.idle(due.tick()) => {}
            }
            let ready = self.check().await?;
            self.health.set(ready).await;
            let rate = per_second(self.metrics.answered() - answered, since.elapsed());
            self.context.set_status(status_line(rate, self.live.listeners()));
            (answered, since) = (self.metrics.answered(), Instant::now());
        }
    }

    /// Whether all dependencies answer. The api only reads, so whether the store can be written to is not
    /// asked: that costs it a write.
    async fn check(&self) -> Result<bool, PortError> {
        let (anything, first) = (SeriesFilter::default(), Page::first(1));
        let (store, cache, bus) = tokio::join!(
            answers(&self.dependencies.store, self.ports.samples.series(&anything, &first)),
            answers(&self.dependencies.cache, self.ports.latest.len()),
            answers(&self.dependencies.bus, self.ports.bus.topics()),
        );
        Ok(store? & cache? & bus?)
    }
}

async fn answers<T>(
    dependency: &Dependency,
    asked: impl Future<Output = Result<T, PortError>>,
) -> Result<bool, PortError> {
    match timeout(CHECK_WITHIN, asked).await {
        Ok(Ok(_)) => {
            dependency.up();
            return Ok(true);
        }
        Ok(Err(error)) if error.failure() == Failure::Stop => return Err(error),
        Ok(Err(error)) => dependency.down(error),
        Err(_) => dependency.down(format_args!("no answer within {} s", CHECK_WITHIN.as_secs())),
    }
    Ok(false)
}

fn status_line(questions_per_second: u64, streams: usize) -> String {
    let plural = if streams == 1 { "" } else { "s" };
    format!("{} questions/s, {streams} stream{plural}", Grouped(questions_per_second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    fn told(context: &RoleContext) -> String {
        context.roster().roles()[context.role()].to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_does_not_answer_in_time_is_missing_until_it_does() {
        let context = RoleContext::detached("api");
        let store = context.dependency("store");
        assert!(!answers(&store, pending::<Result<(), _>>()).await.unwrap());
        assert_eq!(told(&context), "waiting for store: no answer within 5 s");
        assert!(answers(&store, ready(Ok(()))).await.unwrap());
        assert_eq!(told(&context), "starting");
    }

    #[tokio::test]
    async fn a_dependency_that_only_a_restart_helps_ends_the_role() {
        let context = RoleContext::detached("api");
        let store = context.dependency("store");
        let broken = PortError::Broken { what: "store", reason: "not a database".into() };
        let failure = answers(&store, ready(Err::<(), _>(broken))).await.unwrap_err();
        assert_eq!(failure.failure(), Failure::Stop);
    }

    #[test]
    fn the_status_line_reads_at_a_glance() {
        assert_eq!(status_line(12, 2), "12 questions/s, 2 streams");
        assert_eq!(status_line(4_120, 1), "4,120 questions/s, 1 stream");
    }
}
