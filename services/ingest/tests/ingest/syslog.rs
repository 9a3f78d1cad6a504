//! Syslog over sockets, down to the bus.

mod datagrams;
mod senders;
mod streams;
mod tls;

use crate::stage::for_ever;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_ingest::{Ingest, IngestConfig};
use watchkeeper_letters::Refused;
use watchkeeper_ports::{EventBus, Tail, Topic};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_test_kit::{Staged, soon};

/// Most records of one read.
const MANY: usize = 100_000;

/// The listeners of a role, and what arrives on the bus.
pub(crate) struct Listening {
    pub(crate) context: RoleContext,
    /// In the order UDP, TCP, TLS, of those that are configured.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) bus: Arc<Staged<dyn EventBus>>,
    pub(crate) config: Reloadable<IngestConfig>,
    tail: Box<dyn Tail>,
    arrived: Vec<Value>,
    ids: BTreeSet<String>,
    running: JoinHandle<RoleResult>,
    pub(crate) directory: TempDir,
}

impl Listening {
    /// `section` is the text of `[ingest.syslog]`, where DIR is a directory with `cert.pem` and `key.pem`, if `files` has
    /// them.
    pub(crate) async fn with(section: &str, files: &[(&str, String)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write_secret(&directory, name, text);
        }
        let config = Reloadable::new(read(section, &directory));
        let bus = Arc::new(EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap());
        let bus: Arc<Staged<dyn EventBus>> = Staged::new(bus);
        let tail = bus.tail(&Topic::EVENTS).await.unwrap();
        let context = RoleContext::detached("ingest");
        let ingest = Ingest::new(
            context.clone(),
            config.clone(),
            Reloadable::new(RuleSet::default()),
            for_ever(),
            bus.clone(),
            None,
            Refused::default(),
        );
        let syslog = ingest.unwrap().syslog().unwrap().unwrap();
        let addresses = syslog.addresses();
        let running = tokio::spawn(syslog.run());
        Self {
            context,
            addresses,
            bus,
            config,
            tail,
            arrived: Vec::new(),
            ids: BTreeSet::new(),
            running,
            directory,
        }
    }

    pub(crate) async fn at(section: &str) -> Self {
        Self::with(section, &[]).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addresses[0]).await.unwrap()
    }

    /// Waits until there are so many events, and gives all.
    pub(crate) async fn events(&mut self, count: usize) -> &[Value] {
        while self.arrived.len() < count {
            self.read().await;
        }
        assert_eq!(self.arrived.len(), count);
        &self.arrived
    }

    /// Waits for the next events.
    async fn read(&mut self) {
        for record in soon(self.tail.next(MANY)).await.unwrap().records.iter() {
            let event: Value = serde_json::from_slice(record.value).unwrap();
            // What was on its way when the role stopped is published once more, with its id.
            if self.ids.insert(event["@id"].to_string()) {
                self.arrived.push(event);
            }
        }
    }

    /// The messages of as many events.
    pub(crate) async fn messages(&mut self, count: usize) -> Vec<&str> {
        let events = self.events(count).await;
        events.iter().map(|event| event["message"].as_str().unwrap()).collect()
    }

    /// The value of a metric, with its labels as Prometheus writes them.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text =
            prometheus::TextEncoder::new().encode_to_string(&self.context.registry().gather()).unwrap();
        let line =
            text.lines().find_map(|line| line.strip_prefix(&format!("watchkeeper_ingest_syslog_{name} ")));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// Stops the role, and waits for its end.
    pub(crate) async fn stop(&mut self) {
        self.context.shutdown().cancel();
        soon(&mut self.running).await.unwrap().unwrap();
    }
}

pub(crate) fn read(section: &str, directory: &TempDir) -> IngestConfig {
    let section = section.replace("DIR", directory.path().to_str().unwrap());
    let text = format!("[syslog]\n{section}");
    let document = Document::parse("watchkeeper.toml", &text).unwrap();
    document.read(IngestConfig::read).map_err(|errors| errors.to_string()).unwrap()
}

pub(crate) fn write_secret(directory: &TempDir, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Sends each part as a packet of its own.
pub(crate) async fn write_all(stream: &mut TcpStream, writes: &[&[u8]]) {
    stream.set_nodelay(true).unwrap();
    for bytes in writes {
        stream.write_all(bytes).await.unwrap();
    }
}
