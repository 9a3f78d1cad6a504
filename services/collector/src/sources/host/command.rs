//! Runs the tools of the host that know what no file tells.

use crate::target::CollectError;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

/// Most bytes of output; the rest is ignored.
pub(super) const MAX_OUTPUT_BYTES: u64 = 1 << 20;

/// Where tools are, on Linux and on NixOS. `PATH` is not searched: under systemd it may miss these, and elsewhere it may
/// have directories of users.
const DIRECTORIES: [&str; 7] = [
    "/usr/bin",
    "/usr/sbin",
    "/bin",
    "/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/run/current-system/sw/bin",
];
/// Between the looks at a process that has closed its output and has not ended yet.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The path of a tool; `None` if it is not installed.
pub(in crate::sources) fn find(tool: &str) -> Option<PathBuf> {
    DIRECTORIES.iter().map(|directory| Path::new(directory).join(tool)).find(|path| path.is_file())
}

/// What a tool said, and how it ended.
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
}

/// Runs a tool, without input and with its messages in English; it is killed after `within`.
pub(super) fn run(tool: &Path, arguments: &[&str], within: Duration) -> Result<Output, CollectError> {
    let until = Instant::now() + within;
    let cannot = |error| CollectError::Unreachable(format!("cannot run {}: {error}", tool.display()));
    let mut child = Command::new(tool)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", DIRECTORIES.join(":"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(cannot)?;
    let output = output_until(&mut child, until);
    if output.is_none() {
        drop(child.kill());
        // In a thread: a process that waits for a broken disk ends no sooner than that wait.
        drop(thread::Builder::new().name("reap".to_owned()).spawn(move || child.wait()));
    }
    output.ok_or(CollectError::TimedOut(within))
}

#[expect(clippy::disallowed_methods, reason = "the parts of a host are read on threads that may block")]
fn output_until(child: &mut Child, until: Instant) -> Option<Output> {
    let stdout = child.stdout.take()?;
    let (sender, read) = sync_channel(1);
    // Ends with the output, and by itself if nobody waits any more.
    let read_all = move || {
        let mut bytes = Vec::new();
        let read = stdout.take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes);
        drop(sender.send(read.map(|_| bytes)));
    };
    thread::Builder::new().name("tool".to_owned()).spawn(read_all).ok()?;
    let stdout = read.recv_timeout(until.saturating_duration_since(Instant::now())).ok()?.ok()?;
    loop {
        match child.try_wait().ok()? {
            Some(status) => return Some(Output { status, stdout }),
            None if Instant::now() >= until => return None,
            None => thread::sleep(LOOK_EVERY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, within: Duration) -> Result<Output, CollectError> {
        run(&find("sh").unwrap(), &["-c", script], within)
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn output_and_status_are_returned() {
        let output = shell("echo $LC_ALL; exit 3", LONG).unwrap();
        assert_eq!((output.stdout.as_slice(), output.status.code()), (b"C\n".as_slice(), Some(3)));
    }

    #[test]
    fn a_tool_that_hangs_is_killed() {
        let within = Duration::from_millis(50);
        assert_eq!(shell("exec sleep 60", within).err(), Some(CollectError::TimedOut(within)));
        assert_eq!(shell("exec sleep 60 >&-", within).err(), Some(CollectError::TimedOut(within)));
    }

    #[test]
    fn output_has_a_limit() {
        let output = shell("exec head -c 2000000 /dev/zero", LONG).unwrap();
        assert_eq!(output.stdout.len() as u64, MAX_OUTPUT_BYTES);
    }

    #[test]
    fn a_tool_that_is_not_installed_is_not_found() {
        assert_eq!(find("no-such-tool"), None);
        let error = run(Path::new("/no/such/tool"), &[], LONG).err().unwrap().to_string();
        assert!(error.starts_with("not reachable: cannot run /no/such/tool: No such file"), "{error}");
    }
}
