//! The api role.

use crate::ApiConfig;
use crate::dead_letters::DeadLetters;
use crate::deletion::Deletions;
use crate::grpc;
use crate::http::{self, EventRoutes, Sources};
use crate::incidents::Incidents;
use crate::live::{Feed, Live, LiveEventDecoder, LiveMetrics};
use crate::metrics::ApiMetrics;
use crate::ports::ApiPorts;
use crate::readiness::{Dependencies, Readiness};
use crate::roll_up::RollUps;
use crate::silences::Silences;
use crate::status::Status;
use axum::Router;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::Letters;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::Consumers;
use watchkeeper_query::{
    Alerts, Events, ReportQueries, ReportSet, Rollups, RuleQueries, Samples, SilenceChanges, StatusPages,
    UnmatchedQueries,
};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::sample::SampleDecoder;

/// The api role: its routes, and the loops behind them.
pub struct Api {
    context: RoleContext,
    ports: ApiPorts,
    letters: Letters,
    dependencies: Dependencies,
    sources: Sources,
    roll_ups: RollUps,
    feed: Feed<SampleDecoder>,
    event_feed: Feed<LiveEventDecoder>,
    described_elsewhere: Vec<OpenApi>,
}

impl Api {
    /// The gRPC services: `watchkeeper.v1.Metrics`, `watchkeeper.v1.Events` and `api.MetricsService`.
    pub const SERVICES: [&str; 3] = grpc::SERVICES;

    /// Creates the role. `letters` is the index of the dead letters on the bus, `rules` are those that the notifier
    /// evaluates, and `consumers` are the groups whose lag is reported.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: RoleContext,
        config: ApiConfig,
        ports: ApiPorts,
        letters: Letters,
        rules: Reloadable<RuleSet>,
        consumers: Consumers,
    ) -> Result<Self, prometheus::Error> {
        let dependencies = Dependencies::of(&context);
        let metrics = ApiMetrics::register(context.registry())?;
        let live_metrics = LiveMetrics::register(context.registry())?;
        let (live, feed) = Live::new(
            context.clone(),
            Arc::clone(&ports.bus),
            dependencies.bus.clone(),
            SampleDecoder::new(),
            config.streams,
            live_metrics.clone(),
        );
        let (live_events, event_feed) = Live::new(
            context.clone(),
            Arc::clone(&ports.bus),
            dependencies.bus.clone(),
            LiveEventDecoder::new(Reloadable::new(PipelineSet::default())),
            config.streams,
            live_metrics,
        );
        let events = Events::new(Arc::clone(&ports.events), Arc::clone(&ports.answers));
        let dead_letters = Arc::new(DeadLetters::new(context.clone(), letters.clone()));
        let samples =
            Samples::new(Arc::clone(&ports.samples), Arc::clone(&ports.latest), config.range_series);
        let alerts = Alerts::new(Arc::clone(&ports.alerts), Arc::clone(&ports.silences), rules.clone());
        let unmatched = UnmatchedQueries::new(samples.clone());
        let silences = Silences::new(Arc::clone(&ports.silences), rules.clone(), unmatched.clone());
        let bus = Arc::clone(&ports.bus);
        let deletions = Deletions {
            queries: Arc::clone(&ports.samples),
            samples: Arc::clone(&ports.deletion),
            rollups: Arc::clone(&ports.rollups) as _,
            latest: Arc::clone(&ports.latest) as _,
        };
        let sources = Sources {
            rules: RuleQueries::new(rules, samples.clone(), alerts.clone(), bus, unmatched),
            deletions,
            rollups: Rollups::new(Arc::clone(&ports.rollups)),
            live,
            events: EventRoutes { events, live: live_events, metrics: metrics.clone() },
            reports: ReportQueries::new(Arc::clone(&ports.reports), Reloadable::new(ReportSet::default())),
            letters: dead_letters,
            silences: Arc::new(silences),
            silence_changes: SilenceChanges::new(Arc::clone(&ports.silences)),
            incidents: Arc::new(Incidents::new(
                Arc::clone(&ports.incidents),
                Reloadable::new(StatusPages::default()),
            )),
            notifications: Arc::clone(&ports.notifications),
            status: Status {
                context: context.clone(),
                started_at: Timestamp::now(),
                bus: Arc::clone(&ports.bus),
                consumers,
                samples: samples.clone(),
                letters: letters.clone(),
                alerts: alerts.clone(),
                notifications: Arc::clone(&ports.notifications),
            },
            samples,
            alerts,
            alert_store: Arc::clone(&ports.alerts),
            metrics,
        };
        Ok(Self {
            context: context.clone(),
            dependencies,
            roll_ups: RollUps::new(Arc::clone(&ports.samples), context),
            ports,
            letters,
            sources,
            feed,
            event_feed,
            described_elsewhere: Vec::new(),
        })
    }

    /// Shares the lock of silences with the other roles of the process.
    #[must_use]
    pub fn with_silence_changes(mut self, silence_changes: SilenceChanges) -> Self {
        self.sources.silence_changes = silence_changes;
        self
    }

    /// Takes live events through these pipelines; without it, only what is hidden by default is.
    #[must_use]
    pub fn with_pipelines(mut self, pipelines: Reloadable<PipelineSet>) -> Self {
        self.event_feed.decode_by(LiveEventDecoder::new(pipelines));
        self
    }

    /// Opens incidents on these status pages; without it, there are none.
    #[must_use]
    pub fn with_status_pages(mut self, pages: Reloadable<StatusPages>) -> Self {
        self.sources.incidents = Arc::new(Incidents::new(Arc::clone(&self.ports.incidents), pages));
        self
    }

    /// Answers these reports; without it, there are none.
    #[must_use]
    pub fn with_reports(mut self, saved: Reloadable<ReportSet>) -> Self {
        self.sources.reports = ReportQueries::new(Arc::clone(&self.ports.reports), saved);
        self
    }

    /// Adds the routes of another role on the same listener to `/openapi.json`.
    #[must_use]
    pub fn with_openapi(mut self, described: OpenApi) -> Self {
        self.described_elsewhere.push(described);
        self
    }

    /// The HTTP routes: `/v1/…` and `/openapi.json`.
    pub fn router(&self, access: &Access) -> Router {
        http::router(&self.sources, &self.described_elsewhere, access)
    }

    /// The gRPC services, [`Self::SERVICES`], as routes.
    pub fn grpc(&self, access: &Access) -> Router {
        grpc::router(&self.sources, &self.roll_ups, access)
    }

    /// Feeds the streams, follows the dead-letter topics and probes the dependencies until shutdown.
    pub async fn run(self) -> RoleResult {
        let (context, letters, dead_letters) = (self.context.clone(), self.letters, self.sources.letters);
        let readiness = Readiness {
            context: self.context,
            dependencies: self.dependencies,
            ports: self.ports,
            live: self.sources.live,
            live_events: self.sources.events.live,
            metrics: self.sources.metrics,
        };
        tokio::try_join!(
            self.feed.run(),
            self.event_feed.run(),
            readiness.keep_watching(),
            letters.follow(&context),
            dead_letters.finish(),
        )?;
        Ok(())
    }
}
