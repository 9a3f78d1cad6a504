//! A collector on a host of its own publishes to the ingest of another.

use crate::running::{Process, agent, wait_for, watchkeeper};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use tempfile::TempDir;

const TOKEN: &str = "secret";
/// Its SHA-256.
const SHA256: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

/// Both hosts, each with an address of its own.
struct Hosts {
    dir: TempDir,
    network: String,
}

impl Hosts {
    fn new() -> Self {
        let [.., high, low] = process::id().to_be_bytes();
        Self { dir: tempfile::tempdir().unwrap(), network: format!("127.{high}.{low}") }
    }

    fn hub(&self) -> String {
        format!("http://{}.78:8460", self.network)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    fn started(&self, args: &[&str], file: &Path, data: &str) -> Process {
        let mut command = watchkeeper(args);
        command.arg("--config").arg(file).arg("--data-dir").arg(self.dir.path().join(data));
        Process::start(command.stdout(process::Stdio::null()))
    }

    fn start_hub(&self) -> Process {
        let network = &self.network;
        let text = format!(
            "[http]\nlisten = \"{network}.78:8460\"\n[grpc]\nlisten = \"{network}.78:8461\"\n\
             [collector.host]\nenabled = false\n\
             [[token]]\nname = \"web1\"\nscopes = [\"ingest\", \"read\"]\nsha256 = \"{SHA256}\"\n"
        );
        self.started(&["up"], &self.file("hub.toml", &text), "hub")
    }

    fn collector_config(&self) -> PathBuf {
        self.file("token", TOKEN);
        let text = format!(
            "[listen]\ncollector = \"{}.79:8466\"\n\
             [backends]\nbus = \"{}\"\n[backends.ingest]\ntoken_file = \"token\"\n\
             [collector.host]\nenabled = false\n\
             [[collector.uptime]]\nname = \"shop\"\ntcp = \"{}.80:1\"\ninterval = \"1s\"\njitter = \"0s\"\n",
            self.network,
            self.hub(),
            self.network,
        );
        self.file("collector.toml", &text)
    }

    fn start_collector(&self) -> Process {
        self.started(&["run", "collector"], &self.collector_config(), "collector")
    }

    /// A figure of the collector.
    fn collector_figure(&self, name: &str) -> Option<u64> {
        let url = format!("http://{}.79:8466/metrics", self.network);
        let text = agent().get(url).call().ok()?.body_mut().read_to_string().ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.parse().ok()
    }

    /// The samples that the hub has stored.
    fn stored(&self) -> usize {
        let url = format!("{}/v1/samples?source=uptime&last=1000", self.hub());
        let asked = agent().get(url).header("authorization", format!("Bearer {TOKEN}")).call();
        let text = asked.ok().and_then(|mut answer| answer.body_mut().read_to_string().ok());
        text.map_or(0, |text| text.matches("\"collected_at\"").count())
    }
}

#[test]
fn a_collector_on_another_host_loses_nothing_while_this_one_is_away_and_it_is_killed_itself() {
    let hosts = Hosts::new();
    let hub = hosts.start_hub();
    let collector = hosts.start_collector();
    wait_for("samples of the other host", || (hosts.stored() > 0).then_some(()));
    hub.kill();
    wait_for("samples in the spool", || {
        hosts.collector_figure("watchkeeper_collector_spool_records").filter(|records| *records >= 2)
    });
    let published =
        wait_for("a figure", || hosts.collector_figure("watchkeeper_collector_samples_published_total"));
    collector.kill();

    let _collector = hosts.start_collector();
    let _hub = hosts.start_hub();
    let published = usize::try_from(published).unwrap();
    wait_for("all samples that were published", || (hosts.stored() > published).then_some(()));
    wait_for("an empty spool", || {
        hosts.collector_figure("watchkeeper_collector_spool_records").filter(|records| *records == 0)
    });
}

#[test]
fn only_roles_that_publish_run_with_the_ingest_of_another_host() {
    let hosts = Hosts::new();
    let file = hosts.collector_config();
    let checked = watchkeeper(["check-config"]).arg(&file).output().unwrap();
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
    let data = hosts.dir.path().join("data");
    for args in [&["up"][..], &["run", "persister"]] {
        let refused =
            watchkeeper(args).arg("--config").arg(&file).arg("--data-dir").arg(&data).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success(), "{said}");
        assert!(said.contains("bus in [backends] is the ingest of another Watchkeeper"), "{said}");
    }
}
