//! A notifier on the embedded backend, and a mailbox.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_domain::{Event, Timestamp};
use watchkeeper_notifier::{NotifierConfig, NotifierPorts, NotifierSettings, run};
use watchkeeper_ports::{EventBus as _, Mail, RecordBatch, Topic};
use watchkeeper_runtime::RoleContext;
use watchkeeper_test_kit::{Running, World};

/// What webhooks are signed with.
pub(crate) const SECRET: &str = "s3cret";

/// What a test has to do with, and what outlives a restart.
pub(crate) struct Stage {
    world: World,
    config: String,
}

impl Stage {
    /// With this configuration, beside which the secret of webhooks lies in `secret`.
    pub(crate) fn new(config: &str) -> Self {
        let world = World::new();
        let secret = world.directory.path().join("secret");
        fs::write(&secret, SECRET).unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        Self { world, config: config.to_owned() }
    }

    /// Writes a file beside the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.world.directory.path().join(name), text).unwrap();
    }

    pub(crate) fn run(&self) -> Running {
        let file = self.world.directory.path().join("watchkeeper.toml");
        let document = Document::parse(&file, &self.config).unwrap();
        let (config, rules) = document.read(|root| NotifierConfig::read(root, false)).unwrap();
        let ports = NotifierPorts {
            bus: self.world.bus.clone(),
            alerts: self.world.alerts.clone(),
            notifications: self.world.notifications.clone(),
            silences: self.world.silences.clone(),
            incidents: self.world.incidents.clone(),
            schedule: self.world.schedule.clone(),
            events: self.world.events.clone(),
            reports: self.world.reports.clone(),
            mailer: self.world.mailer.clone(),
        };
        let context = RoleContext::detached("notifier");
        let settings = Reloadable::new(NotifierSettings::new(config, Arc::clone(&rules)).unwrap());
        Running::new(context.clone(), run(context, settings, Reloadable::new(rules), ports))
    }

    /// A target has this value now.
    pub(crate) async fn measure(&self, target: &str, value: f64) {
        let now = Timestamp::now();
        let sample = watchkeeper_test_kit::sample("test/value", &[("target", target)], now, value);
        self.world.publish_samples(&[sample]).await;
    }

    pub(crate) async fn publish(&self, topic: &Topic, records: RecordBatch) {
        self.world.bus.publish(topic, records).await.unwrap();
    }

    /// Stores events.
    pub(crate) async fn store_events(&self, events: &[Event]) {
        self.world.store_events(events).await;
    }

    /// Waits until the numbers of events of both rules are evaluated.
    pub(crate) async fn counted_twice(&self) {
        self.world.alerts.called("store", |calls| calls.ended > 0).await;
    }

    /// Waits until so many mails have come, and gives all there are.
    pub(crate) async fn mails(&self, count: usize) -> Vec<Mail> {
        self.world.mailer.notes(|mails| mails.len() >= count).await
    }
}
