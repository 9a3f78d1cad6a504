//! A Prometheus that scrapes the roles as `dashboards/prometheus/scrape.yml` says, with the rules.

use super::board::directory;
use crate::host::Host;
use crate::patience::{so, wait_for};
use crate::running::{Process, Up, agent};
use serde_json::Value;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

/// The ports of scrape.yml and of Prometheus, on the address of the host.
const PORT: u16 = 9090;
const NODE_EXPORTER: u16 = 9100;

/// Alerts whose query has no result while all is well.
const NOT_WHILE_ALL_IS_WELL: [&str; 4] =
    ["WatchkeeperNotScraped", "WatchkeeperLagGrowing", "WatchkeeperApiErrors", "WatchkeeperIngestErrors"];

/// Ended when dropped, with a node exporter beside it.
pub(super) struct Prometheus {
    url: String,
    /// Prometheus, and what it scrapes.
    processes: Vec<Process>,
}

impl Prometheus {
    /// Scrapes the roles of `host`, whether they run or not, and `up`, every second.
    pub(super) fn start(dir: &Path, host: &Host, up: &Up) -> Self {
        let address = host.address();
        let mut prometheus = Self::with_config(dir, address, &scraped(address, up));
        let mut node = program("prometheus-node-exporter", &dir.join("node.log"));
        node.arg(format!("--web.listen-address={address}:{NODE_EXPORTER}"));
        prometheus.processes.push(Process::start(&mut node));
        prometheus
    }

    /// With any configuration, in a directory and on an address of its own.
    pub(super) fn with_config(dir: &Path, address: Ipv4Addr, config: &str) -> Self {
        let file = dir.join("prometheus.yml");
        fs::write(&file, config).unwrap();
        let mut server = program("prometheus", &dir.join("prometheus.log"));
        server.arg(format!("--config.file={}", file.display()));
        server.arg(format!("--storage.tsdb.path={}", dir.join("prometheus").display()));
        server.arg(format!("--web.listen-address={address}:{PORT}"));
        Self { url: format!("http://{address}:{PORT}"), processes: vec![Process::start(&mut server)] }
    }

    /// Waits until each job of scrape.yml and `watchkeeper-up` was scraped.
    pub(super) fn wait_until_all_are_up(&self) {
        let jobs = SCRAPE.lines().filter(|line| line.trim_start().starts_with("- { job_name:")).count() + 1;
        wait_for("each job to be scraped", || {
            let up = self.ask("query", &[("query", "up == 1")])?;
            so(results(&up).len() == jobs, up)
        });
    }

    /// The number of series in the last minutes that have a value which is a number.
    pub(super) fn rows(&self, query: &str) -> Result<usize, String> {
        let query = query.replace("$__rate_interval", "5m").replace("$__range", "5m");
        let answer = self.ask("query", &[("query", &query)])?;
        let has_number = |series: &&Value| {
            let value = series["value"][1].as_str().and_then(|value| value.parse::<f64>().ok());
            value.is_some_and(f64::is_finite)
        };
        Ok(results(&answer).iter().filter(has_number).count())
    }

    /// Whether Prometheus evaluates each alert, and what it compares is there.
    pub(super) fn check_alerts(&self) -> Result<(), String> {
        let groups = self.ask("rules", &[])?;
        let groups = groups["data"]["groups"].as_array().unwrap();
        let rules: Vec<_> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
        assert!(rules.len() > 20, "{rules:?}");
        for rule in rules {
            so(rule["health"] == "ok", rule)?;
            let (name, query) = (rule["name"].as_str().unwrap(), rule["query"].as_str().unwrap());
            if NOT_WHILE_ALL_IS_WELL.contains(&name) {
                continue;
            }
            let comparison = query.rfind(['<', '>']).unwrap();
            let compared = &query[..comparison];
            so(self.rows(compared)? > 0, format!("{name} compares nothing: {compared}"))?;
        }
        Ok(())
    }

    /// The labels of each target, after relabelling, and before.
    pub(super) fn targets(&self) -> Result<Vec<Value>, String> {
        Ok(self.ask("targets", &[])?["data"]["activeTargets"].as_array().unwrap().clone())
    }

    fn ask(&self, what: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let request =
            agent().get(format!("{}/api/v1/{what}", self.url)).query_pairs(parameters.iter().copied());
        let mut answer = request.call().map_err(|error| error.to_string())?;
        let body = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        if answer["status"] == "success" { Ok(answer) } else { Err(body) }
    }
}

const SCRAPE: &str = include_str!("../../../../../dashboards/prometheus/scrape.yml");

/// scrape.yml for the address of the host, with the job of `up`.
fn scraped(address: Ipv4Addr, up: &Up) -> String {
    let job = |address: &str| {
        format!("- {{ job_name: watchkeeper-up, static_configs: [{{ targets: [\"{address}\"] }}] }}")
    };
    let scrape = SCRAPE.replace("127.0.0.1", &address.to_string());
    let commented = format!("# {}", job(&format!("{address}:8460")));
    assert!(scrape.contains(&commented), "{scrape}");
    let scrape = scrape.replace(&commented, &job(up.url.trim_start_matches("http://")));
    let rules = directory().join("prometheus/rules.yml").display().to_string();
    format!("global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [{rules:?}]\n{scrape}")
}

fn program(name: &str, log: &Path) -> Command {
    let log = File::create(log).unwrap();
    let mut command = Command::new(name);
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command
}

fn results(answer: &Value) -> &[Value] {
    answer["data"]["result"].as_array().map_or(&[], Vec::as_slice)
}
