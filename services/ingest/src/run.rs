//! The role as a part of its process.

use crate::config::IngestConfig;
use crate::http;
use crate::intake::Intake;
use crate::metrics::IngestMetrics;
use crate::outlet::{Outlet, SpoolPort};
use crate::series::nearly_full;
use crate::status::{Pace, Totals};
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_ports::EventBus;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::probe::PROBE_EVERY;
use watchkeeper_runtime::{Notice, RoleContext, RoleResult, Rounds, Stopped};

/// The ingest role: routes that take samples in, a loop that says how it goes, and one that empties the spool.
pub struct Ingest {
    context: RoleContext,
    intake: Arc<Intake>,
}

impl Ingest {
    /// The role, whose samples go to `bus`; to `spool` while that is away, if there is one. Samples older than
    /// `retention`, for which the store keeps them, are refused.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: RoleContext,
        config: IngestConfig,
        retention: Duration,
        bus: Arc<dyn EventBus>,
        spool: Option<SpoolPort>,
    ) -> Result<Self, prometheus::Error> {
        let metrics = IngestMetrics::register(context.registry())?;
        let outlet = Outlet::new(&context, bus, spool)?;
        Ok(Self { context, intake: Arc::new(Intake::new(config, retention, outlet, metrics)) })
    }

    /// The routes, for who has the scope `ingest`.
    pub fn router(&self, access: &Access) -> Router {
        http::router(Arc::clone(&self.intake), access)
    }

    /// Watches the bus, empties the spool and writes the status line until the role is asked to stop.
    /// Requests in hand are finished by whoever serves the routes.
    pub async fn run(self) -> RoleResult {
        tokio::try_join!(self.watch(), self.intake.outlet.keep_forwarding(&self.context))?;
        Ok(())
    }

    async fn watch(&self) -> RoleResult {
        let heartbeat = self.context.heartbeat("check");
        let mut pace = Pace::default();
        let notice = self.context.notice("series of senders");
        let mut rounds = Rounds::every(PROBE_EVERY, &self.context, &heartbeat);
        while rounds.next(self.look(&mut pace, &notice)).await? {}
        Ok(())
    }

    async fn look(&self, pace: &mut Pace, notice: &Notice) -> Result<(), Stopped> {
        let spool = self.intake.outlet.check().await?;
        let series = self.intake.recent.counts();
        self.intake.metrics.set_series(&series);
        match nearly_full(&series, self.intake.recent.limits) {
            Some(text) => notice.set(text),
            None => notice.clear(),
        }
        self.context.set_status(pace.report(self.totals(), spool));
        Ok(())
    }

    fn totals(&self) -> Totals {
        let metrics = &self.intake.metrics;
        Totals { at: Instant::now(), accepted: metrics.accepted.get(), refused: metrics.refused.get() }
    }
}
