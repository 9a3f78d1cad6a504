//! The clock that decides which records are valid and what is pruned.

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use watchkeeper_domain::clock::{DISAGREEMENT, LOOK_EVERY, Looks};
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::{BatchBuilder, EventBus, PortError, ScheduleStore, Topic};
use watchkeeper_runtime::clock::{Clock, ClockLedger, from_marks, to_marks};
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};
use watchkeeper_wire::sample::push_sample;

/// What is stored, whose times are evidence for the clock.
#[async_trait]
pub trait Stored: Send + Sync {
    /// The time of the newest item that is not later than `until`.
    async fn newest(&self, until: Timestamp) -> Result<Option<Timestamp>, PortError>;
}

/// Stores the clock's state next to the items, whose times serve as evidence before the first reading.
pub(crate) struct StoredClock {
    pub(crate) role: &'static str,
    pub(crate) schedule: Arc<dyn ScheduleStore>,
    pub(crate) stored: Arc<dyn Stored>,
}

#[async_trait]
impl ClockLedger for StoredClock {
    async fn looks(&self, now: Timestamp) -> Result<Looks, PortError> {
        if let Some(looks) = from_marks(&self.schedule.marks(self.role).await?) {
            return Ok(looks);
        }
        match self.newest(now).await {
            Ok(newest) => Ok(Looks::beginning_at(newest.unwrap_or(now))),
            // In a very large store this may exceed the query timeout: then there is no evidence.
            Err(error) => {
                tracing::warn!(%error, "cannot find the newest item: nothing is pruned until the clock has been observed for a day");
                Ok(Looks::beginning())
            }
        }
    }

    async fn note(&self, looks: &Looks) -> Result<(), PortError> {
        let marks = to_marks(looks).map(|(name, at)| (name.to_owned(), at));
        self.schedule.mark(self.role, &marks).await
    }
}

impl StoredClock {
    /// The time of the newest item not later than `now`; if all are later, the clock itself is behind.
    async fn newest(&self, now: Timestamp) -> Result<Option<Timestamp>, PortError> {
        for until in [latest_possible(now), Timestamp::MAX] {
            let newest = self.stored.newest(until).await?;
            if newest.is_some() {
                return Ok(newest);
            }
        }
        Ok(None)
    }
}

/// When the last consumed record was appended, by the clock of the bus, which may be another host's.
#[derive(Default)]
pub(crate) struct BusTime(AtomicI64);

impl BusTime {
    pub(crate) fn note(&self, appended_at: Timestamp) {
        self.0.store(appended_at.as_micros(), Ordering::Relaxed);
    }

    /// `None` before the first record.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).filter(|at| *at > Timestamp::MIN)
    }
}

/// Publishes how far the clock is off.
pub(crate) struct Looking {
    pub(crate) role: &'static str,
    pub(crate) clock: Clock,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) bus_time: Arc<BusTime>,
    pub(crate) was_doubted: AtomicBool,
}

impl Looking {
    /// Checks the clock until the role stops. While it is not trusted, and once when it is again, publishes a sample
    /// with the size of the jump, for rules to fire on: it is stamped such that hosts whose clocks are right accept it.
    pub(crate) async fn keep_looking(self, context: RoleContext) -> RoleResult {
        let heartbeat = context.heartbeat("clock");
        let mut rounds = Rounds::every(LOOK_EVERY, &context, &heartbeat);
        while rounds.next(self.look()).await? {}
        Ok(())
    }

    async fn look(&self) -> Result<(), Stopped> {
        let now = Timestamp::now();
        if !self.clock.looked(now).await {
            return Ok(());
        }
        let by = self.clock.disagreement(now).map(|told| told.by);
        if self.was_doubted.swap(by.is_some(), Ordering::Relaxed) || by.is_some() {
            let at = self.bus_time.last().filter(|_| by.is_some()).unwrap_or(now);
            self.publish(at, by.unwrap_or_default().as_secs_f64()).await?;
        }
        Ok(())
    }

    async fn publish(&self, at: Timestamp, seconds: f64) -> Result<(), PortError> {
        let (source, name) = DISAGREEMENT;
        let series = Series::new(source, name, "seconds", &[("role", self.role)]);
        let series = Arc::new(series.expect("it is within the limits of a series"));
        let mut batch = BatchBuilder::default();
        push_sample(&mut batch, &Sample::new(series, at, seconds));
        self.bus.publish(&Topic::METRICS, batch.finish()).await
    }
}
