//! The role within its process.

use crate::config::IngestConfig;
use crate::heartbeats::{Heartbeats, LISTEN_EVERY};
use crate::intake::{Intake, Shared};
use crate::kind::Kind as _;
use crate::metrics::{HeartbeatMetrics, HttpMetrics, ItemMetrics};
use crate::refusals::Refusals;
use crate::samples::Samples;
use crate::status::{Pace, Totals};
use crate::{heartbeats, http};
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_config::Reloadable;
use watchkeeper_letters::Refused;
use watchkeeper_ports::EventBus;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::probe::PROBE_EVERY;
use watchkeeper_runtime::{Notice, RoleContext, RoleResult, Rounds};
use watchkeeper_spool::{SpoolPort, SpooledBus};

/// The ingest role: its routes, a reporting loop, and the loops of the spool.
pub struct Ingest {
    context: RoleContext,
    shared: Arc<Shared>,
    samples: Arc<Intake<Samples>>,
    heartbeats: Arc<Heartbeats>,
}

impl Ingest {
    /// Publishes samples, and the heartbeats that `rules` has, to `bus`, and to `spool` while that is unavailable, if there
    /// is one. Samples older than `retention`, for which the store keeps them, are refused; it is read for each body,
    /// because a reload may change it. What is refused is listed in `refused`.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: RoleContext,
        config: Reloadable<IngestConfig>,
        rules: Reloadable<RuleSet>,
        retention: impl Fn() -> Duration + Send + Sync + 'static,
        bus: Arc<dyn EventBus>,
        spool: Option<SpoolPort>,
        refused: Refused,
    ) -> Result<Self, prometheus::Error> {
        let registry = context.registry();
        let bus = SpooledBus::new(&context, bus, spool, Samples::TOPIC)?;
        let samples = Samples::new(config.clone(), Box::new(retention), registry)?;
        let refusals = Refusals::new(refused, registry)?;
        let shared = Arc::new(Shared::new(config, bus, HttpMetrics::register(registry)?, refusals));
        let metrics = ItemMetrics::register::<Samples>(registry)?;
        let samples = Arc::new(Intake::new(Arc::clone(&shared), samples, metrics));
        let heartbeats = Heartbeats::new(rules, Arc::clone(&shared), HeartbeatMetrics::register(registry)?);
        Ok(Self { context, shared, samples, heartbeats: Arc::new(heartbeats) })
    }

    /// The routes: those for samples require the scope `ingest`, the list of refusals `read`.
    pub fn router(&self, access: &Access) -> Router {
        let (metrics, refused) = (|| self.shared.metrics.clone(), self.shared.refusals.list.clone());
        let of_heartbeats = heartbeats::router(Arc::clone(&self.heartbeats), metrics(), access);
        http::router(Arc::clone(&self.samples), refused, metrics(), access).merge(of_heartbeats)
    }

    /// Monitors the bus, forwards the spool, publishes that heartbeats can be received and writes the status line until the
    /// role stops. Open requests are
    /// finished by the server of the routes.
    pub async fn run(self) -> RoleResult {
        tokio::try_join!(self.shared.bus.run(), self.keep_reporting(), self.keep_listening())?;
        Ok(())
    }

    async fn keep_listening(&self) -> RoleResult {
        let heartbeat = self.context.heartbeat("listen");
        let mut rounds = Rounds::every(LISTEN_EVERY, &self.context, &heartbeat);
        let listen =
            async || Ok(heartbeat.waiting(self.shared.bus.dependency(), self.heartbeats.listen()).await?);
        while rounds.next(listen()).await? {}
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
        self.shared.refusals.warn(Instant::now());
        let metrics = &self.samples.metrics;
        let totals =
            Totals { at: Instant::now(), accepted: metrics.accepted.get(), refused: metrics.refused.get() };
        let bus = &self.shared.bus;
        self.context.set_status(bus.with_address(pace.report(totals, bus.state())));
    }
}
