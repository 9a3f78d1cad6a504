//! The HTTP API: one file per resource.

mod alerts;
mod asked;
mod change_error;
mod dead_letters;
mod deletion;
mod document;
mod events;
mod given;
mod incidents;
mod latest;
mod notifications;
mod parameter;
mod questions;
mod range;
mod refusals;
mod reports;
mod rollups;
mod rules;
mod samples;
mod series;
mod silences;
mod status;
mod stream;

pub(crate) use events::EventRoutes;

use crate::dead_letters::DeadLetters;
use crate::deletion::Deletions;
use crate::incidents::Incidents;
use crate::live::LiveSamples;
use crate::metrics::{ApiMetrics, measure};
use crate::silences::Silences;
use crate::status::Status;
use axum::Router;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use watchkeeper_ports::{AlertStore, NotificationStore};
use watchkeeper_query::{Alerts, ReportQueries, Rollups, RuleQueries, Samples, SilenceChanges};
use watchkeeper_runtime::http::{Access, Scope};

/// The data sources of the routes.
pub(crate) struct Sources {
    pub(crate) samples: Samples,
    pub(crate) deletions: Deletions,
    pub(crate) rollups: Rollups,
    pub(crate) live: LiveSamples,
    pub(crate) events: EventRoutes,
    pub(crate) reports: ReportQueries,
    pub(crate) letters: Arc<DeadLetters>,
    pub(crate) rules: RuleQueries,
    pub(crate) alerts: Alerts,
    pub(crate) alert_store: Arc<dyn AlertStore>,
    pub(crate) silences: Arc<Silences>,
    pub(crate) silence_changes: SilenceChanges,
    pub(crate) incidents: Arc<Incidents>,
    pub(crate) notifications: Arc<dyn NotificationStore>,
    pub(crate) status: Status,
    pub(crate) metrics: ApiMetrics,
}

/// All routes, and the OpenAPI document of these and `others`.
pub(crate) fn router(sources: &Sources, others: &[OpenApi], access: &Access) -> Router {
    let Sources {
        samples,
        deletions,
        rollups,
        live,
        events,
        reports,
        letters,
        rules,
        alerts,
        alert_store,
        silences,
        silence_changes,
        incidents,
        notifications,
        status,
        metrics,
    } = sources;
    let (read, read_paths) = series::router(samples.clone())
        .merge(latest::router(samples.clone()))
        .merge(samples::router(samples.clone()))
        .merge(range::router(samples.clone()))
        .merge(rollups::router(rollups.clone()))
        .merge(stream::router(live.clone()))
        .merge(events::router(events.clone()))
        .merge(reports::router(reports.clone()))
        .merge(status::router(status.clone()))
        .merge(dead_letters::router(Arc::clone(letters)))
        .merge(rules::router(rules.clone()))
        .merge(alerts::router(alerts.clone()))
        .merge(silences::router(Arc::clone(silences)))
        .merge(incidents::router(Arc::clone(incidents)))
        .merge(notifications::router(Arc::clone(notifications)))
        .split_for_parts();
    let (admin, admin_paths) = dead_letters::admin_router(Arc::clone(letters))
        .merge(alerts::admin_router(Arc::clone(alert_store)))
        .merge(silences::admin_router(Arc::clone(silences), silence_changes.clone()))
        .merge(notifications::admin_router(Arc::clone(notifications)))
        .merge(incidents::admin_router(Arc::clone(incidents)))
        .merge(deletion::admin_router(deletions.clone()))
        .split_for_parts();
    let document = document::router([read_paths, admin_paths].into_iter().chain(others.iter().cloned()));
    let guarded = |router: Router, scope| {
        let required = router.route_layer(access.require(scope));
        required.route_layer(from_fn_with_state(metrics.clone(), measure))
    };
    guarded(read.merge(document), Scope::Read).merge(guarded(admin, Scope::Admin))
}
