//! The role within its process.

use crate::config::IngestConfig;
use crate::http;
use crate::intake::{Intake, Shared};
use crate::kind::Kind as _;
use crate::metrics::{HttpMetrics, ItemMetrics};
use crate::samples::Samples;
use crate::status::{Pace, Totals};
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_config::Reloadable;
use watchkeeper_ports::EventBus;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::probe::PROBE_EVERY;
use watchkeeper_runtime::{Notice, RoleContext, RoleResult, Rounds};
use watchkeeper_spool::{SpoolPort, SpooledBus};

/// The ingest role: its routes, a reporting loop, and the loops of the spool.
pub struct Ingest {
    context: RoleContext,
    shared: Arc<Shared>,
    samples: Arc<Intake<Samples>>,
}

impl Ingest {
    /// Publishes samples to `bus`, and to `spool` while that is unavailable, if there is one. Samples older than
    /// `retention`, for which the store keeps them, are refused; it is read for each body, because a reload may change it.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: RoleContext,
        config: Reloadable<IngestConfig>,
        retention: impl Fn() -> Duration + Send + Sync + 'static,
        bus: Arc<dyn EventBus>,
        spool: Option<SpoolPort>,
    ) -> Result<Self, prometheus::Error> {
        let registry = context.registry();
        let bus = SpooledBus::new(&context, bus, spool, Samples::TOPIC)?;
        let samples = Samples::new(config.clone(), Box::new(retention), registry)?;
        let shared = Arc::new(Shared::new(config, bus, HttpMetrics::register(registry)?));
        let metrics = ItemMetrics::register::<Samples>(registry)?;
        let samples = Arc::new(Intake::new(Arc::clone(&shared), samples, metrics));
        Ok(Self { context, shared, samples })
    }

    /// The routes, for callers with the scope `ingest`.
    pub fn router(&self, access: &Access) -> Router {
        http::router(Arc::clone(&self.samples), self.shared.metrics.clone(), access)
    }

    /// Monitors the bus, forwards the spool and writes the status line until the role stops. Open requests are
    /// finished by the server of the routes.
    pub async fn run(self) -> RoleResult {
        tokio::try_join!(self.shared.bus.run(), self.keep_reporting())?;
        Ok(())
    }

    async fn keep_reporting(&self) -> RoleResult {
        let heartbeat = self.context.heartbeat("report");
        let mut pace = Pace::default();
        let notice = self.context.notice("series of senders");
        let mut rounds = Rounds::every(PROBE_EVERY, &self.context, &heartbeat);
        let mut report = async || {
            self.report(&mut pace, &notice);
            Ok(())
        };
        while rounds.next(report()).await? {}
        Ok(())
    }

    fn report(&self, pace: &mut Pace, notice: &Notice) {
        self.samples.kind.report(notice);
        let metrics = &self.samples.metrics;
        let totals =
            Totals { at: Instant::now(), accepted: metrics.accepted.get(), refused: metrics.refused.get() };
        self.context.set_status(pace.report(totals, self.shared.bus.state()));
    }
}
