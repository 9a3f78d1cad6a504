//! Defers what matters less while the lag is large.

use crate::config::ProcessorConfig;
use crate::metrics::ProcessorMetrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Event, Level};
use watchkeeper_ports::{EventBus, Group, Lag, Processed, Topic};
use watchkeeper_runtime::consumer::Gate;
use watchkeeper_runtime::{Grouped, Notice, RoleContext, RoleResult, Rounds, Stopped};

/// How often the lag is compared.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether events are deferred now. Clones share it.
#[derive(Clone)]
pub(crate) struct Deferral {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_on: AtomicBool,
    /// The number of the level below which events are deferred.
    below: AtomicU8,
}

impl Deferral {
    pub(crate) fn new() -> Self {
        Self { state: Arc::default() }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.state.is_on.load(Ordering::Relaxed)
    }

    /// Whether an event of this level is deferred while it is on.
    pub(crate) fn defers(&self, level: Level) -> bool {
        level.number() < self.state.below.load(Ordering::Relaxed)
    }

    /// An event that is published to `events.deferred`, and not stored.
    pub(crate) const fn deferred(event: Event) -> Processed {
        Processed { event, is_stored: false, counts: Vec::new(), route: Some(Topic::EVENTS_DEFERRED) }
    }

    fn set(&self, is_on: bool, below: Option<Level>) {
        self.state.below.store(below.map_or(0, Level::number), Ordering::Relaxed);
        self.state.is_on.store(is_on && below.is_some(), Ordering::Relaxed);
    }
}

/// Decides from the lags when to defer, and when there is room for what was deferred.
pub(crate) struct Deferring {
    pub(crate) context: RoleContext,
    pub(crate) config: Reloadable<ProcessorConfig>,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) deferral: Deferral,
    pub(crate) has_room: watch::Sender<bool>,
    pub(crate) metrics: ProcessorMetrics,
}

impl Deferring {
    /// The gate of the consumer of `events.deferred`, open while there is room.
    pub(crate) fn gate(&self) -> Gate {
        self.has_room.subscribe()
    }

    /// Compares the lag until the role stops.
    pub(crate) async fn keep_looking(self) -> RoleResult {
        let heartbeat = self.context.heartbeat("defer");
        let notice = self.context.notice("deferred events");
        let mut rounds = Rounds::every(LOOK_EVERY, &self.context, &heartbeat);
        while rounds.next(self.look(&notice)).await? {}
        Ok(())
    }

    async fn look(&self, notice: &Notice) -> Result<(), Stopped> {
        let lag = self.lag(&Topic::EVENTS).await?;
        let config = self.config.current();
        let is_on = is_due(self.deferral.is_on(), lag, config.defer_from_lag);
        self.deferral.set(is_on, config.defer_below);
        let is_on = self.deferral.is_on();
        self.metrics.deferring.set(is_on.into());
        self.has_room.send_replace(!is_on);
        match self.lag(&Topic::EVENTS_DEFERRED).await? {
            0 => notice.clear(),
            waiting => notice.set(format!("{} events deferred", Grouped(waiting))),
        }
        Ok(())
    }

    async fn lag(&self, topic: &Topic) -> Result<u64, Stopped> {
        let lags = self.bus.lag(topic, &Group::PROCESSOR).await?;
        Ok(lags.iter().map(Lag::records).sum())
    }
}

/// Whether to defer at this lag: from the limit on, until it has fallen to a tenth of it.
const fn is_due(is_on: bool, lag: u64, from: u64) -> bool {
    lag >= from || is_on && lag > from / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deferring_begins_at_the_limit_and_ends_at_a_tenth_of_it() {
        assert!(!is_due(false, 99, 100));
        assert!(is_due(false, 100, 100));
        assert!(is_due(true, 11, 100));
        assert!(!is_due(true, 10, 100));
    }

    #[test]
    fn only_what_is_below_the_level_is_deferred() {
        let deferral = Deferral::new();
        deferral.set(true, Some(Level::Info));
        assert!(deferral.is_on() && deferral.defers(Level::Debug) && deferral.defers(Level::Unknown));
        assert!(!deferral.defers(Level::Info) && !deferral.defers(Level::Error));
        deferral.set(true, None);
        assert!(!deferral.is_on());
    }
}
