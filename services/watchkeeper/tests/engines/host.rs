//! A host on which roles run, each in a process of its own.

use crate::patience::wait_for;
use crate::role::{Role, RunningRole, port};
use crate::roles::listen_at;
use crate::running::{agent, post_samples};
use crate::stack::{Engine, Stack};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU8, Ordering};

/// A host: an address of loopback, on which the roles listen at their usual ports.
pub(crate) struct Host {
    address: Ipv4Addr,
    dir: PathBuf,
    /// What does not change in its configuration.
    config: String,
    roles: BTreeMap<Role, RunningRole>,
}

impl Host {
    /// One on which nothing runs yet; `dir` is for what its roles keep.
    pub(crate) fn new(dir: PathBuf, stack: &Stack) -> Self {
        fs::create_dir_all(&dir).unwrap();
        let address = unused_address();
        let config = config(address, stack, &certificate(&dir, stack));
        let host = Self { address, dir, config, roles: BTreeMap::new() };
        host.correct_rollups_after(&[]);
        host
    }

    /// Writes the configuration, which is read by who starts next: windows are rolled up again after these times.
    pub(crate) fn correct_rollups_after(&self, corrections: &[String]) {
        let analytics = format!("[analytics]\ncorrections = {corrections:?}\n");
        fs::write(self.file(), format!("{}{analytics}", self.config)).unwrap();
    }

    /// Adds to the configuration of roles that start from now on.
    pub(crate) fn configure(&mut self, more: &str) {
        self.config.push_str(more);
        self.correct_rollups_after(&[]);
    }

    /// Where a role listens for HTTP, whether or not it runs.
    pub(crate) fn url(&self, role: Role) -> String {
        format!("http://{}:{}", self.address, port(role))
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Where there is gRPC at this port.
    pub(crate) fn grpc(&self, port: u16) -> String {
        format!("http://{}:{port}", self.address)
    }

    pub(crate) fn start(&mut self, roles: &[Role]) {
        for &role in roles {
            let running = RunningRole::start(role, self.address, &self.file(), &self.dir);
            assert!(self.roles.insert(role, running).is_none(), "{role:?} runs already");
        }
    }

    pub(crate) fn role(&self, role: Role) -> &RunningRole {
        &self.roles[&role]
    }

    /// What runs.
    pub(crate) fn running(&self) -> Vec<Role> {
        self.roles.keys().copied().collect()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self, roles: &[Role]) {
        for role in roles {
            drop(self.roles.remove(role).unwrap());
        }
    }

    /// SIGTERM to all of them, and waits for their end, which is a good one.
    pub(crate) fn stop(&mut self, roles: &[Role]) {
        for role in roles {
            self.roles[role].ask_to_stop();
        }
        for role in roles {
            let ended = self.roles.remove(role).unwrap().ended();
            assert!(ended.success(), "{role:?}: {ended}");
        }
    }

    /// Waits until every role that runs can use all it depends on.
    pub(crate) fn wait_until_ready(&self) {
        for role in self.roles.values() {
            wait_for("a role to be ready", || role.is_ready());
        }
    }

    /// Sends samples; the status of the answer, or none if nobody answers.
    pub(crate) fn post(&self, body: &str) -> Option<u16> {
        post_samples(&agent(), self.role("ingest").url(), body)
    }

    fn file(&self) -> PathBuf {
        self.dir.join("watchkeeper.toml")
    }
}

/// An address that no other host has, of this process or, as good as certainly, of another.
pub(crate) fn unused_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = process::id().to_be_bytes();
    Ipv4Addr::new(127, high, low, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The mail server's certificate, in a file as others cannot read it.
fn certificate(dir: &Path, stack: &Stack) -> PathBuf {
    let certificate = dir.join("mail-ca.pem");
    fs::copy(stack.dir(Engine::Smtp).join("certificate.pem"), &certificate).unwrap();
    fs::set_permissions(&certificate, Permissions::from_mode(0o600)).unwrap();
    certificate
}

fn config(address: Ipv4Addr, stack: &Stack, certificate: &Path) -> String {
    let [bus, store, cache, rollups, mail] = Engine::ALL.map(|engine| stack.url(engine));
    let (listen, certificate) = (listen_at(address), certificate.display());
    format!(
        r#"
{listen}
[backends]
bus = "{bus}"
store = "{store}"
cache = "{cache}"
rollups = "{rollups}"
mail = "{mail}"
[backends.kafka]
partitions = 4
[backends.kafka.settings]
# As short as a broker lets it be: for so long the partitions of a member wait that was killed.
"session.timeout.ms" = "6000"
[backends.smtp]
ca_file = "{certificate}"

[notifier]
group_by = ["rule", "of"]
group_wait = "0s"
group_interval = "1s"
[[rule]]
name = "too_hot"
match = ['source="heat"']
threshold = {{ above = 90 }}
"#
    )
}
