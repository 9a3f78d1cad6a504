//! The role within its process.

use crate::config::IngestConfig;
use crate::events::Events;
use crate::heartbeats::{Heartbeats, LISTEN_EVERY};
use crate::intake::{Intake, Shared};
use crate::kind::{Kind as _, Retention};
use crate::metrics::{HeartbeatMetrics, HttpMetrics, ItemMetrics, measure};
use crate::otlp;
use crate::refusals::Refusals;
use crate::samples::Samples;
use crate::status::{Pace, Totals};
use crate::syslog::Syslog;
use crate::{heartbeats, http};
use axum::Router;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::Instant;
use watchkeeper_config::Reloadable;
use watchkeeper_letters::Refused;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::EventBus;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::grpc::routes_for;
use watchkeeper_runtime::http::{Access, Scope};
use watchkeeper_runtime::probe::PROBE_EVERY;
use watchkeeper_runtime::role::StartError;
use watchkeeper_runtime::{Notice, RoleContext, RoleResult, Rounds};
use watchkeeper_spool::{SpoolPort, SpooledBus};
use watchkeeper_wire::otlp::SERVICE;

/// Settings of other roles, by which ingest accepts records. Read for each body, because a reload may change them.
pub struct OfOtherRoles {
    /// For how long the store keeps samples: older ones are refused.
    pub sample_retention: Retention,
    /// The same of events.
    pub event_retention: Retention,
    /// What is hidden in events.
    pub pipelines: Reloadable<PipelineSet>,
}

/// The ingest role: its routes, a reporting loop, and the loops of the spool.
pub struct Ingest {
    context: RoleContext,
    shared: Arc<Shared>,
    samples: Arc<Intake<Samples>>,
    events: Arc<Intake<Events>>,
    heartbeats: Arc<Heartbeats>,
    pipelines: Reloadable<PipelineSet>,
}

impl Ingest {
    /// Publishes samples, the heartbeats that `rules` has, and events to `bus`, and to `spool` while that is unavailable,
    /// if there is one. What is refused is listed in `refused`.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: RoleContext,
        config: Reloadable<IngestConfig>,
        rules: Reloadable<RuleSet>,
        others: OfOtherRoles,
        bus: Arc<dyn EventBus>,
        spool: Option<SpoolPort>,
        refused: Refused,
    ) -> Result<Self, prometheus::Error> {
        let registry = context.registry();
        let bus = SpooledBus::new(&context, bus, spool, Samples::TOPIC)?;
        let samples = Samples::new(config.clone(), others.sample_retention, registry)?;
        let refusals = Refusals::new(refused, registry)?;
        let shared = Arc::new(Shared::new(config, bus, HttpMetrics::register(registry)?, refusals));
        let metrics = ItemMetrics::register::<Samples>(registry)?;
        let samples = Arc::new(Intake::new(Arc::clone(&shared), samples, metrics));
        let metrics = ItemMetrics::register::<Events>(registry)?;
        let OfOtherRoles { event_retention, pipelines, .. } = others;
        let events = Events::new(event_retention, pipelines.clone());
        let events = Arc::new(Intake::new(Arc::clone(&shared), events, metrics));
        let heartbeats = Heartbeats::new(rules, Arc::clone(&shared), HeartbeatMetrics::register(registry)?);
        Ok(Self { context, shared, samples, events, heartbeats: Arc::new(heartbeats), pipelines })
    }

    /// The routes: those for samples and events require the scope `ingest`, the list of refusals `read`.
    pub fn router(&self, access: &Access) -> Router {
        let (metrics, refused) = (|| self.shared.metrics.clone(), self.shared.refusals.list.clone());
        let of_heartbeats = heartbeats::router(Arc::clone(&self.heartbeats), metrics(), access);
        let (samples, events) = (Arc::clone(&self.samples), Arc::clone(&self.events));
        http::router(samples, events, refused, metrics(), access).merge(of_heartbeats)
    }

    /// The gRPC services, by their full names.
    pub const SERVICES: [&str; 1] = [SERVICE];

    /// The gRPC routes, which require the scope `ingest`.
    pub fn grpc(&self, access: &Access) -> Router {
        let routes = otlp::grpc::router(Arc::clone(&self.events));
        let measured = routes.route_layer(from_fn_with_state(self.shared.metrics.clone(), measure));
        routes_for(Scope::Ingest, measured, access)
    }

    /// The listeners of syslog, if any is configured; they publish to the same bus.
    ///
    /// # Errors
    /// When the system refuses an address, or its metrics are registered already.
    pub fn syslog(&self) -> Result<Option<Syslog>, StartError> {
        Syslog::new(&self.context, &self.shared, &self.pipelines)
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
        let (samples, events) = (&self.samples.metrics, &self.events.metrics);
        let totals = Totals {
            at: Instant::now(),
            samples: samples.accepted.get(),
            events: events.accepted.get() + self.shared.syslog.load(Ordering::Relaxed),
            refused: samples.refused.get() + events.refused.get(),
        };
        let bus = &self.shared.bus;
        self.context.set_status(bus.with_address(pace.report(totals, bus.state())));
    }
}
