//! The notifier's loops.

use crate::alertmanager::keep_telling;
use crate::count_events::EventCounter;
use crate::deliver::{Deliverer, keep_delivering};
use crate::dispatch::{Dispatcher, Seen, keep_dispatching};
use crate::evaluate::Evaluating;
use crate::metrics::NotifierMetrics;
use crate::own_heartbeat::keep_beating;
use crate::prune::{Prunable, keep_pruning};
use crate::reports::ReportSender;
use crate::settings::NotifierSettings;
use crate::status::{Status, keep_reporting};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use watchkeeper_config::Reloadable;
use watchkeeper_ports::{
    AlertStore, EventBus, EventQueries, Group, IncidentStore, Mailer, NotificationStore, Ports,
    PositionStore, Reports, ScheduleStore, SilenceStore, Topic,
};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::clock::{Clock, ScheduledClock};
use watchkeeper_runtime::consumer::{Source, consume};
use watchkeeper_runtime::{RoleContext, RoleResult};

/// The notifier's ports.
#[derive(Clone)]
pub struct NotifierPorts {
    /// The source of samples and dead letters.
    pub bus: Arc<dyn EventBus>,
    /// The store of alerts.
    pub alerts: Arc<dyn AlertStore>,
    /// The outbox.
    pub notifications: Arc<dyn NotificationStore>,
    /// The store of silences.
    pub silences: Arc<dyn SilenceStore>,
    /// The store of incidents.
    pub incidents: Arc<dyn IncidentStore>,
    /// The store of the clock's state.
    pub schedule: Arc<dyn ScheduleStore>,
    /// The events that rules count.
    pub events: Arc<dyn EventQueries>,
    /// The reports that are mailed.
    pub reports: Arc<dyn Reports>,
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
}

impl From<&Ports> for NotifierPorts {
    fn from(ports: &Ports) -> Self {
        let Ports {
            bus, alerts, notifications, silences, incidents, schedule, events, reports, mailer, ..
        } = ports.clone();
        Self { bus, alerts, notifications, silences, incidents, schedule, events, reports, mailer }
    }
}

/// Evaluates the rules over topic `metrics` and its dead letters, and sends notifications when alerts fire and clear,
/// until the role stops. `rules` are those of `settings`; a reload replaces the settings first, so that a planner knows
/// every rule that an alert comes from.
pub async fn run(
    context: RoleContext,
    settings: Reloadable<NotifierSettings>,
    rules: Reloadable<RuleSet>,
    ports: NotifierPorts,
) -> RoleResult {
    let NotifierPorts { bus, alerts, notifications, silences, incidents, schedule, events, reports, mailer } =
        ports;
    let metrics = Arc::new(NotifierMetrics::register(context.registry())?);
    let (changed, planned) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let evaluate = |topic: Topic| {
        let positions: Arc<dyn PositionStore> = alerts.clone();
        let source = Source {
            bus: Arc::clone(&bus),
            topic: topic.clone(),
            group: Group::NOTIFIER,
            positions: Some(positions),
            gate: None,
        };
        let (rules, metrics, changed) = (rules.clone(), Arc::clone(&metrics), Arc::clone(&changed));
        let evaluating =
            Evaluating::new(topic, rules, Arc::clone(&bus), Arc::clone(&alerts), metrics, changed);
        consume(context.without_status(), source, evaluating)
    };
    let events =
        EventCounter { rules: rules.clone(), events, bus: Arc::clone(&bus), new_messages: HashMap::new() };
    let (evaluating, counting) = (evaluate(Topic::METRICS), evaluate(Topic::METRICS.dead_letters()));
    let (seen, seen_by) = watch::channel(Arc::<Seen>::default());
    let dispatcher = Dispatcher {
        alerts: Arc::clone(&alerts),
        notifications: Arc::clone(&notifications),
        silences: Arc::clone(&silences),
        settings: settings.clone(),
        seen,
    };
    let dispatching = keep_dispatching(context.clone(), dispatcher, changed, Arc::clone(&planned));
    let deliverer = Deliverer::new(
        settings.clone(),
        Arc::clone(&notifications),
        Arc::clone(&mailer),
        Arc::clone(&metrics),
    );
    let reports = ReportSender {
        settings: settings.clone(),
        reports,
        schedule: Arc::clone(&schedule),
        notifications: Arc::clone(&notifications),
        metrics: Arc::clone(&metrics),
        planned: Arc::clone(&planned),
    };
    let delivering = keep_delivering(context.clone(), Arc::new(deliverer), planned);
    let status = Status {
        seen: seen_by.clone(),
        notifications: Arc::clone(&notifications),
        settings: settings.clone(),
        mailer,
        metrics: Arc::clone(&metrics),
    };
    let beating = keep_beating(context.clone(), settings.clone(), &metrics);
    let reporting = keep_reporting(context.clone(), status);
    let ledger = ScheduledClock { schedule, owner: context.role(), believes_the_first: false };
    let retention = {
        let settings = settings.clone();
        move || settings.current().config.retention
    };
    let clock = Clock::new(&context, ledger, retention.clone())?;
    let looking = clock.clone().keep_looking(context.clone());
    let stores = Prunable { notifications, silences, alerts, incidents };
    let pruning = keep_pruning(context.clone(), clock, stores, retention);
    let telling = keep_telling(context.clone(), settings, seen_by);
    tokio::try_join!(
        evaluating,
        counting,
        events.keep_counting(context.clone()),
        reports.keep_sending(context.clone()),
        dispatching,
        delivering,
        reporting,
        looking,
        pruning,
        telling,
        beating
    )?;
    Ok(())
}
