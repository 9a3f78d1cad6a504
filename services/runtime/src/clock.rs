//! Guards whatever prunes by the clock: a role checks the clock and reports it when it jumps.

mod ledger;

pub use ledger::{ClockLedger, ScheduledClock, from_marks, to_marks};

use crate::context::{RoleContext, RoleResult};
use crate::periodic::Rounds;
use crate::roster::Notice;
use crate::telemetry::register;
use parking_lot::{Mutex, MutexGuard};
use prometheus::{Gauge, Opts};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::clock::{Disagreement, LOOK_EVERY, Looks, Present, step_of};
use watchkeeper_ports::PortError;

/// The clock of a role that prunes by it. Clones share its state.
#[derive(Clone)]
pub struct Clock(Arc<Shared>);

struct Shared {
    ledger: Box<dyn ClockLedger>,
    retention: Box<dyn Fn() -> Duration + Send + Sync>,
    seen: Mutex<Option<Looks>>,
    notice: Notice,
    /// How far the clock jumped from its last trusted reading; 0 while it is trusted.
    disagreement: Gauge,
}

impl Clock {
    /// A clock for pruning what is kept for `retention` or longer, which is read each time, because a reload may change
    /// it. Its state is kept in `ledger`.
    ///
    /// # Errors
    /// When its metric is registered already.
    pub fn new(
        context: &RoleContext,
        ledger: impl ClockLedger + 'static,
        retention: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Result<Self, prometheus::Error> {
        let disagreement = Opts::new(
            "watchkeeper_clock_disagreement_seconds",
            "How far the clock jumped from the time that was last trusted: negative if it is behind, 0 while it is \
             trusted. Nothing is pruned by a clock that is not trusted.",
        );
        let disagreement = Gauge::with_opts(disagreement.const_label("role", context.role()))?;
        Ok(Self(Arc::new(Shared {
            ledger: Box::new(ledger),
            retention: Box::new(retention),
            seen: Mutex::default(),
            notice: context.notice("clock"),
            disagreement: register(context.registry(), disagreement)?,
        })))
    }

    /// Records that the clock shows `now`, and returns the bounds of the current time. Readings recorded by others
    /// since count too.
    ///
    /// # Errors
    /// When the ledger is unavailable; nothing must be pruned then.
    pub async fn look(&self, now: Timestamp) -> Result<Present, PortError> {
        let (ledger, step) = (&self.0.ledger, self.step());
        let looks = ledger.looks(now).await?.look(now, step);
        ledger.note(&looks).await?;
        *self.seen() = Some(looks);
        self.tell(now);
        Ok(looks.present(now, step))
    }

    /// The bounds of the current time when the clock shows `now`, based on the last reading. Before the first one the
    /// clock is trusted.
    pub fn present(&self, now: Timestamp) -> Present {
        self.seen().map_or(Present::at(now), |looks| looks.present(now, self.step()))
    }

    /// How far the clock jumped, if it is not trusted.
    pub fn disagreement(&self, now: Timestamp) -> Option<Disagreement> {
        self.seen().and_then(|looks| looks.disagreement(now, self.step()))
    }

    /// Records the clock reading if the ledger is available; returns whether it was.
    pub async fn looked(&self, now: Timestamp) -> bool {
        match self.look(now).await {
            Ok(_) => true,
            Err(error) => {
                tracing::debug!(%error, "cannot record the clock reading");
                false
            }
        }
    }

    /// Records a reading every [`LOOK_EVERY`] until the role stops.
    ///
    /// # Errors
    /// None.
    pub async fn keep_looking(self, context: RoleContext) -> RoleResult {
        let heartbeat = context.heartbeat("clock");
        let mut rounds = Rounds::every(LOOK_EVERY, &context, &heartbeat);
        let look = async || {
            self.looked(Timestamp::now()).await;
            Ok(())
        };
        while rounds.next(look()).await? {}
        Ok(())
    }

    fn tell(&self, now: Timestamp) {
        let told = self.disagreement(now);
        let seconds = told.map_or(
            0.0,
            |Disagreement { by, is_ahead, .. }| {
                if is_ahead { by.as_secs_f64() } else { -by.as_secs_f64() }
            },
        );
        self.0.disagreement.set(seconds);
        match told {
            None => self.0.notice.clear(),
            Some(told) => self.0.notice.set(Told(told)),
        }
    }

    fn step(&self) -> Duration {
        step_of((self.0.retention)())
    }

    fn seen(&self) -> MutexGuard<'_, Option<Looks>> {
        self.0.seen.lock()
    }
}

/// Text of a disagreement.
struct Told(Disagreement);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Disagreement { believed, is_ahead, by, settles_in }) = self;
        let direction = if *is_ahead { "ahead of" } else { "behind" };
        write!(
            f,
            "the clock jumped: it is {} {direction} the last trusted reading, {believed}; set it if it is wrong. Nothing is \
             pruned for another {}",
            Rough(*by),
            Rough(*settles_in)
        )
    }
}

/// A duration rounded to one unit: `1826 days`.
struct Rough(Duration);

impl fmt::Display for Rough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HOUR: u64 = 3_600;
        match self.0.as_secs() {
            secs if secs >= 48 * HOUR => write!(f, "{} days", secs / (24 * HOUR)),
            secs if secs >= 2 * HOUR => write!(f, "{} hours", secs.div_ceil(HOUR)),
            secs => write!(f, "{} minutes", secs.div_ceil(60)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use watchkeeper_domain::clock::HOLD;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// What two processes share.
    #[derive(Clone)]
    struct Noted(Arc<Mutex<Looks>>);

    #[async_trait]
    impl ClockLedger for Noted {
        async fn looks(&self, _: Timestamp) -> Result<Looks, PortError> {
            Ok(*self.0.lock())
        }

        async fn note(&self, looks: &Looks) -> Result<(), PortError> {
            *self.0.lock() = *looks;
            Ok(())
        }
    }

    fn start() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn noted() -> Noted {
        Noted(Arc::new(Mutex::new(Looks::beginning_at(start()))))
    }

    fn clock(context: &RoleContext, noted: Noted) -> Clock {
        Clock::new(context, noted, || 90 * DAY).unwrap()
    }

    #[tokio::test]
    async fn a_clock_that_is_doubted_is_told_in_the_status_and_as_a_metric_until_it_comes_back() {
        let context = RoleContext::detached("persister");
        context.set_status("lag 0");
        let clock = clock(&context, noted());
        let says = || context.roster().roles()["persister"].to_string();
        clock.look(start()).await.unwrap();
        assert_eq!((says().as_str(), clock.0.disagreement.get()), ("lag 0", 0.0));
        clock.look(start().plus(1_826 * DAY)).await.unwrap();
        assert_eq!(
            says(),
            "the clock jumped: it is 1826 days ahead of the last trusted reading, 2026-11-20T10:00:00Z; set it if it \
             is wrong. Nothing is pruned for another 24 hours; lag 0"
        );
        assert_eq!(Duration::from_secs_f64(clock.0.disagreement.get()), 1_826 * DAY);
        clock.look(start().plus(LOOK_EVERY)).await.unwrap();
        assert_eq!((says().as_str(), clock.0.disagreement.get()), ("lag 0", 0.0));
    }

    #[tokio::test]
    async fn a_restart_remembers_what_was_seen() {
        let noted = noted();
        let mut now = start().plus(120 * DAY);
        for _ in 0..=HOLD.as_secs() / LOOK_EVERY.as_secs() {
            let clock = clock(&RoleContext::detached("persister"), noted.clone());
            assert_eq!(clock.look(now).await.unwrap().latest, now);
            now = now.plus(LOOK_EVERY);
        }
        let clock = clock(&RoleContext::detached("persister"), noted);
        assert_eq!(clock.look(now).await.unwrap(), Present::at(now));
    }

    #[tokio::test]
    async fn a_clock_that_another_contradicts_is_never_believed() {
        let noted = noted();
        let (right, wrong) = (RoleContext::detached("persister"), RoleContext::detached("persister"));
        let (right, wrong) = (clock(&right, noted.clone()), clock(&wrong, noted));
        let mut now = start();
        for _ in 0..2 * HOLD.as_secs() / LOOK_EVERY.as_secs() {
            now = now.plus(LOOK_EVERY);
            assert_eq!(right.look(now).await.unwrap(), Present::at(now));
            assert_eq!(wrong.look(now.plus(1_826 * DAY)).await.unwrap().earliest, now);
        }
    }
}
