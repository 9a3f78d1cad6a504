//! `journalctl`.

use crate::sources::host::command;
use crate::sources::journal::config::JournalConfig;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long the question for the newest entry may take.
const NEWEST_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to end once it has closed its output.
const END_WITHIN: Duration = Duration::from_secs(2);
/// Most bytes of what it says of an error.
const MAX_SAID_BYTES: u64 = 1_024;

/// The program, where it is.
pub(super) struct Journalctl(PathBuf);

impl Journalctl {
    pub(super) fn find(config: &JournalConfig) -> Result<Self, String> {
        let found = config.tool.clone().or_else(|| command::find("journalctl"));
        found.map(Self).ok_or_else(|| "journalctl is not installed".to_owned())
    }

    /// Prints the newest entry.
    pub(super) async fn newest(&self) -> Result<Vec<u8>, String> {
        let child = self.spawn(&["--lines=1".to_owned()])?;
        let output = timeout(NEWEST_WITHIN, child.wait_with_output()).await;
        let output = output.map_err(|_| format!("{} does not answer", self.path().display()))?;
        let output = output.map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(said(&output.stderr, &output.status.to_string()));
        }
        Ok(output.stdout)
    }

    /// Prints all entries after that with this cursor, and then those that come. Is killed when it is dropped.
    pub(super) fn follow(&self, cursor: Option<&str>) -> Result<Child, String> {
        let mut arguments = vec!["--follow".to_owned(), "--no-tail".to_owned()];
        // `--follow` shows the entries of this boot only, unless it merges journals: then those before a reboot would be
        // missing. Of merged journals, those of other machines are left out.
        arguments.push("--merge".to_owned());
        arguments.extend(machine_id().map(|id| format!("_MACHINE_ID={id}")));
        arguments.extend(cursor.map(|cursor| format!("--after-cursor={cursor}")));
        self.spawn(&arguments)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn spawn(&self, arguments: &[String]) -> Result<Child, String> {
        Command::new(&self.0)
            .args(["--output=export", "--no-pager", "--quiet"])
            .args(arguments)
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot run {}: {error}", self.0.display()))
    }
}

/// The id of this machine, as in its entries (machine-id(5)); `None` where there is none.
fn machine_id() -> Option<String> {
    let text = std::fs::read_to_string("/etc/machine-id").ok()?;
    let id = text.trim();
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
}

/// Why the child has closed its output.
pub(super) async fn why_it_ended(mut child: Child) -> String {
    let mut stderr = Vec::new();
    if let Some(pipe) = child.stderr.take() {
        drop(timeout(END_WITHIN, pipe.take(MAX_SAID_BYTES).read_to_end(&mut stderr)).await);
    }
    let status = match timeout(END_WITHIN, child.wait()).await {
        Ok(Ok(status)) => status.to_string(),
        _ => "closed its output".to_owned(),
    };
    said(&stderr, &status)
}

fn said(stderr: &[u8], status: &str) -> String {
    let said = String::from_utf8_lossy(stderr);
    match said.trim() {
        "" => format!("journalctl has ended: {status}"),
        said => format!("journalctl has ended: {status}: {}", watchkeeper_domain::text::line(said)),
    }
}
