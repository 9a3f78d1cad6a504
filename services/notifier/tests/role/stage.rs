//! A notifier on the embedded back end, and a mailbox.

use async_trait::async_trait;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedBus, EmbeddedOptions, EmbeddedStore};
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_notifier::{NotifierConfig, NotifierPorts, NotifierSettings, run};
use watchkeeper_ports::{BatchBuilder, EventBus, Mail, Mailer, PortError, RecordBatch, Topic};
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::sample::push_sample;

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// What webhooks are signed with.
pub(crate) const SECRET: &str = "s3cret";

pub(crate) async fn soon<T>(happens: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happens).await.expect("it happens in time")
}

/// Keeps what it is handed.
#[derive(Default)]
struct Mailbox(watch::Sender<Vec<Mail>>);

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        self.0.send_modify(|mails| mails.push(mail.clone()));
        Ok(())
    }

    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// What a test has to do with, and what outlives a restart.
pub(crate) struct Stage {
    directory: TempDir,
    config: String,
    bus: Arc<EmbeddedBus>,
    mailbox: Arc<Mailbox>,
}

impl Stage {
    /// With this configuration, beside which the secret of webhooks lies in `secret`.
    pub(crate) fn new(config: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let secret = directory.path().join("secret");
        fs::write(&secret, SECRET).unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
        Self { directory, config: config.to_owned(), bus: Arc::new(bus), mailbox: Arc::default() }
    }

    pub(crate) fn run(&self) -> Running {
        let file = self.directory.path().join("watchkeeper.toml");
        let document = Document::parse(&file, &self.config).unwrap();
        let (config, rules) = document.read(NotifierConfig::read).unwrap();
        let settings = NotifierSettings::new(config, Arc::clone(&rules)).unwrap();
        let store = EmbeddedAlerts::open(self.directory.path()).unwrap();
        let ports = NotifierPorts {
            bus: self.bus.clone(),
            alerts: store.alerts(),
            notifications: store.notifications(),
            silences: store.silences(),
            schedule: EmbeddedStore::open(self.directory.path()).unwrap().schedule(),
            mailer: self.mailbox.clone(),
        };
        let context = RoleContext::detached("notifier");
        let role =
            tokio::spawn(run(context.clone(), Reloadable::new(settings), Reloadable::new(rules), ports));
        Running { context, role }
    }

    /// A target has this value now.
    pub(crate) async fn measure(&self, target: &str, value: f64) {
        let series = Arc::new(Series::new("test", "value", "", &[("target", target)]).unwrap());
        let mut record = BatchBuilder::default();
        push_sample(&mut record, &Sample { series, collected_at: Timestamp::now(), value });
        self.publish(&Topic::METRICS, record.finish()).await;
    }

    pub(crate) async fn publish(&self, topic: &Topic, records: RecordBatch) {
        self.bus.publish(topic, records).await.unwrap();
    }

    /// Waits until so many mails have come, and gives all there are.
    pub(crate) async fn mails(&self, count: usize) -> Vec<Mail> {
        let mut mails = self.mailbox.0.subscribe();
        soon(mails.wait_for(|mails| mails.len() >= count)).await.unwrap().clone()
    }
}

/// A notifier at work.
pub(crate) struct Running {
    context: RoleContext,
    role: JoinHandle<RoleResult>,
}

impl Running {
    /// Waits until the status line holds.
    pub(crate) async fn says(&self, holds: impl Fn(&str) -> bool) -> String {
        let said = async {
            loop {
                let status = self.context.roster().roles()["notifier"].to_string();
                if holds(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon(said).await
    }

    pub(crate) async fn stop(self) {
        self.context.shutdown().cancel();
        soon(self.role).await.unwrap().unwrap();
    }
}
