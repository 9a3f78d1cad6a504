//! Readiness and the status line.

use crate::live::{LiveEvents, LiveSamples};
use crate::metrics::ApiMetrics;
use crate::ports::ApiPorts;
use tokio::time::Instant;
use watchkeeper_domain::SeriesFilter;
use watchkeeper_ports::{Page, PortError};
use watchkeeper_runtime::probe::{PROBE_EVERY, probe};
use watchkeeper_runtime::{Dependency, Grouped, RoleContext, RoleResult, Rounds, Stopped, per_second};

/// The dependencies of most queries. Rollup and alert stores are not included: if one is unavailable, only queries for it
/// fail, and the role that writes to it reports it.
pub(crate) struct Dependencies {
    pub(crate) store: Dependency,
    pub(crate) cache: Dependency,
    pub(crate) bus: Dependency,
}

impl Dependencies {
    /// The dependencies of the role, missing until they have answered.
    pub(crate) fn of(context: &RoleContext) -> Self {
        let [store, cache, bus] = ["store", "cache", "bus"].map(|name| context.dependency(name));
        Self { store, cache, bus }
    }
}

/// Probes the dependencies.
pub(crate) struct Readiness {
    pub(crate) context: RoleContext,
    pub(crate) ports: ApiPorts,
    pub(crate) dependencies: Dependencies,
    pub(crate) live: LiveSamples,
    pub(crate) live_events: LiveEvents,
    pub(crate) metrics: ApiMetrics,
}

impl Readiness {
    /// Probes periodically until shutdown, or until an error that only a restart can fix.
    pub(crate) async fn keep_watching(self) -> RoleResult {
        let heartbeat = self.context.heartbeat("readiness");
        let mut rounds = Rounds::every(PROBE_EVERY, &self.context, &heartbeat);
        let mut last = (self.metrics.answered(), Instant::now());
        while rounds.next(self.watch(&mut last)).await? {}
        Ok(())
    }

    /// `last` holds the request count and the time of the previous call.
    async fn watch(&self, last: &mut (u64, Instant)) -> Result<(), Stopped> {
        self.check().await?;
        let (answered, since) = *last;
        let rate = per_second(self.metrics.answered() - answered, since.elapsed());
        self.context.set_status(status_line(rate, self.live.listeners() + self.live_events.listeners()));
        *last = (self.metrics.answered(), Instant::now());
        Ok(())
    }

    /// Probes all dependencies. The api only reads, so it does not check whether the store accepts writes, which would
    /// cost a write.
    async fn check(&self) -> Result<(), PortError> {
        let (anything, first) = (SeriesFilter::default(), Page::first(1));
        let (store, cache, bus) = tokio::join!(
            probe(&self.dependencies.store, self.ports.samples.series(&anything, &first)),
            probe(&self.dependencies.cache, self.ports.latest.len()),
            probe(&self.dependencies.bus, self.ports.bus.topics()),
        );
        store?;
        cache?;
        bus?;
        Ok(())
    }
}

fn status_line(questions_per_second: u64, streams: usize) -> String {
    let plural = if streams == 1 { "" } else { "s" };
    format!("{} requests/s, {streams} stream{plural}", Grouped(questions_per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_line_reads_at_a_glance() {
        assert_eq!(status_line(12, 2), "12 requests/s, 2 streams");
        assert_eq!(status_line(4_120, 1), "4,120 requests/s, 1 stream");
    }
}
