//! A role in a process of its own.

use crate::patience::so;
use crate::roles::roles;
use crate::running::{Process, agent, watchkeeper};
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;

/// The name of a role.
pub(crate) type Role = &'static str;

/// All roles.
pub(crate) fn all() -> Vec<Role> {
    roles().iter().map(|role| role.name.as_str()).collect()
}

/// Where a role listens for HTTP.
pub(crate) fn port(role: Role) -> u16 {
    roles().iter().find(|listed| listed.name == role).unwrap().http_port
}

/// A role that runs; dropped, it is killed, and when that is because a test fails, what it logged is shown.
pub(crate) struct RunningRole {
    role: Role,
    process: Process,
    url: String,
    log: PathBuf,
}

impl RunningRole {
    /// Starts it, with a data directory of its own in `dir`.
    pub(crate) fn start(role: Role, address: Ipv4Addr, config: &Path, dir: &Path) -> Self {
        let log = dir.join(format!("{role}.log"));
        let appended = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = watchkeeper(["run", role, "--config"]);
        command.arg(config).env("STATE_DIRECTORY", dir.join(role)).stderr(appended);
        let url = format!("http://{address}:{}", port(role));
        Self { role, process: Process::start(&mut command), url, log }
    }

    /// SIGTERM.
    pub(crate) fn ask_to_stop(&self) {
        self.process.signal("TERM");
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.process.wait()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The status and the body of the answer to `GET path`.
    pub(crate) fn get(&self, path: &str) -> Result<(u16, String), String> {
        let answer = agent().get(format!("{}{path}", self.url)).call();
        let mut answer = answer.map_err(|error| format!("{}: {error}", self.role))?;
        let body = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        Ok((answer.status().as_u16(), body))
    }

    /// Whether it can use all that it depends on.
    pub(crate) fn is_ready(&self) -> Result<(), String> {
        let answer = self.get("/readyz")?;
        so(answer.0 == 200, (self.role, answer))
    }

    /// Whether it is not ready, and says that these are missing.
    pub(crate) fn misses(&self, dependencies: &[&str]) -> Result<(), String> {
        let (status, body) = self.get("/readyz")?;
        let health: serde_json::Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let missing = &health["missing"][self.role];
        let are_missing = dependencies.iter().all(|&dependency| missing[dependency].is_string());
        so(status == 503 && are_missing, (self.role, status, body))
    }

    /// How many records it has received from the bus since it was started.
    pub(crate) fn received(&self) -> Result<f64, String> {
        let (_, metrics) = self.get("/metrics")?;
        let lines = metrics.lines().filter(|line| line.starts_with("watchkeeper_consumer_records_total{"));
        Ok(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum())
    }
}

impl Drop for RunningRole {
    fn drop(&mut self) {
        const LINES: usize = 30;
        if thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            eprintln!("{:?} logged:\n{}", self.role, lines[lines.len().saturating_sub(LINES)..].join("\n"));
        }
    }
}
