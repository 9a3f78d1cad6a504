//! A notifier that runs step by step.

use super::places::{Deaths, Died, Place};
use crate::deliver::Deliverer;
use crate::dispatch::{Dispatcher, Seen};
use crate::evaluate::Evaluating;
use crate::fakes::bus::{FakeBus, partition};
use crate::metrics::NotifierMetrics;
use crate::settings::NotifierSettings;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use watchkeeper_adapter_embedded::EmbeddedAlerts;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Notification, Sample, Series, Timestamp};
use watchkeeper_ports::{BatchBuilder, Claimed, EventBus, Mail, Mailer, Offset, Topic, TopicId};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::consumer::Consumer;
use watchkeeper_test_kit::{Staged, directory, mailbox};
use watchkeeper_wire::sample::push_sample;

/// The time between two steps.
pub(super) const STEP: Duration = Duration::from_secs(10);
/// State is stored every so many steps, also when nothing fires or clears.
const STEPS_PER_CHECKPOINT: usize = 3;

/// What survives a restart, and the current process.
pub(super) struct Stage {
    directory: TempDir,
    bus: Arc<FakeBus>,
    pub(super) mailbox: Arc<Staged<dyn Mailer>>,
    settings: Reloadable<NotifierSettings>,
    rules: Reloadable<RuleSet>,
    step: usize,
    /// How often the process died.
    pub(super) deaths: usize,
    process: Option<Process>,
}

/// What a restart loses.
struct Process {
    store: EmbeddedAlerts,
    evaluating: Evaluating,
    next: Offset,
    dispatcher: Dispatcher,
    deliverer: Deliverer,
}

impl Stage {
    pub(super) fn new(config: &str) -> Self {
        let settings = NotifierSettings::of(config);
        let rules = Reloadable::new(settings.current().rules());
        let (directory, mailbox) = (directory(), mailbox());
        Self { directory, bus: Arc::default(), mailbox, settings, rules, step: 0, deaths: 0, process: None }
    }

    /// Reloads another configuration in the same process.
    pub(super) async fn reload(&mut self, config: &str) {
        let new = NotifierSettings::of(config).current();
        self.settings.replace(Arc::clone(&new));
        self.rules.replace(new.rules());
        self.store().await;
    }

    /// Stops the process, and starts another with another configuration.
    pub(super) async fn restart(&mut self, config: &str) {
        self.store().await;
        self.process = None;
        self.settings = NotifierSettings::of(config);
        self.rules = Reloadable::new(self.settings.current().rules());
    }

    async fn store(&mut self) {
        let heartbeat = RoleContext::detached("notifier").heartbeat("receive");
        self.process().await.evaluating.store(&heartbeat).await.unwrap();
    }

    pub(super) fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        start.plus(STEP * u32::try_from(self.step).unwrap())
    }

    /// The accepted mails, in order, including repeated ones.
    pub(super) fn mails(&self) -> Vec<Mail> {
        self.mailbox.noted()
    }

    /// All notifications, the newest first.
    pub(super) async fn notifications(&mut self) -> Vec<Notification> {
        let process = self.process().await;
        process.store.notifications().newest(1_000).await.unwrap()
    }

    /// Runs one step: these targets have these values, then all possible work is done.
    pub(super) async fn step(&mut self, values: &[(&str, f64)], deaths: &mut Deaths) {
        self.step += 1;
        for &(target, value) in values {
            let series = Arc::new(Series::new("test", "value", "", &[("target", target)]).unwrap());
            let mut record = BatchBuilder::default();
            push_sample(&mut record, &Sample::new(series, self.now(), value));
            self.bus.append(self.now(), record.finish());
        }
        while let Err(Died) = self.work(deaths).await {
            self.deaths += 1;
            self.process = None;
        }
    }

    /// Evaluates, plans and delivers, unless the process dies before.
    async fn work(&mut self, deaths: &mut Deaths) -> Result<(), Died> {
        let (step, now) = (self.step, self.now());
        let heartbeat = RoleContext::detached("notifier").heartbeat("receive");
        let bus = Arc::clone(&self.bus);
        let mut pass = |place| deaths.pass(step, place);
        let Process { evaluating, next, dispatcher, deliverer, .. } = self.process().await;
        loop {
            let batch = bus.read(&partition(), *next, evaluating.capacity()).await.unwrap();
            if batch.records.is_empty() {
                break;
            }
            *next = batch.next;
            evaluating.push(batch);
            pass(Place::Taken)?;
            if evaluating.capacity() == 0 {
                evaluating.store(&heartbeat).await.unwrap();
            }
        }
        if evaluating.tick(now).await || step.is_multiple_of(STEPS_PER_CHECKPOINT) {
            evaluating.store(&heartbeat).await.unwrap();
        }
        pass(Place::Stored)?;
        dispatcher.round(now).await.unwrap();
        pass(Place::Planned)?;
        // Settled notifications may unblock others.
        while let [Claimed { notification, lease }, ..] = &deliverer.claim(now, 1).await.unwrap()[..] {
            pass(Place::Claimed)?;
            let outcome = deliverer.attempt(notification, now).await;
            pass(Place::Sent)?;
            deliverer.settle(lease, &outcome).await.unwrap();
        }
        pass(Place::Done)
    }

    /// The current process; a new one, if the last has died.
    async fn process(&mut self) -> &mut Process {
        if self.process.is_none() {
            self.process = Some(self.start().await);
        }
        self.process.as_mut().unwrap()
    }

    async fn start(&self) -> Process {
        let store = EmbeddedAlerts::open(self.directory.path()).unwrap();
        let context = RoleContext::detached("notifier");
        let metrics = Arc::new(NotifierMetrics::register(context.registry()).unwrap());
        let (bus, news) = (Arc::clone(&self.bus), Arc::new(Notify::new()));
        let (rules, alerts) = (self.rules.clone(), store.alerts());
        let mut evaluating = Evaluating::new(Topic::METRICS, rules, bus, alerts, Arc::clone(&metrics), news);
        let position = evaluating
            .begin(&[partition()], &TopicId::new("metrics"), &context.heartbeat("receive"))
            .await
            .unwrap()
            .remove(0);
        Process {
            evaluating,
            next: position.next,
            dispatcher: Dispatcher {
                alerts: store.alerts(),
                notifications: store.notifications(),
                silences: store.silences(),
                settings: self.settings.clone(),
                seen: watch::Sender::new(Arc::<Seen>::default()),
            },
            deliverer: Deliverer::new(
                self.settings.clone(),
                store.notifications(),
                self.mailbox.clone(),
                metrics,
            ),
            store,
        }
    }
}
