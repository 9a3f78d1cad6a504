//! A running `up`.

mod process;

pub(crate) use process::Process;

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use ureq::Agent;

/// How long anything may take before the test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program, not started yet.
pub(crate) fn watchkeeper(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchkeeper"));
    command.args(args).stdin(Stdio::null());
    command
}

/// A running `up` on ports of its own; dropped, it is killed.
pub(crate) struct Up {
    process: Process,
    stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
    pub(crate) grpc: String,
}

impl Up {
    /// Starts `up` on a directory and waits until it says that it is ready.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, |_| {})
    }

    /// The same, with changes to the command.
    pub(crate) fn start_with(data_dir: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = watchkeeper(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data-dir"]);
        command.arg(data_dir).stdout(Stdio::piped()).stderr(Stdio::inherit());
        change(&mut command);
        let mut process = Process::start(&mut command);
        let mut stdout = BufReader::new(process.stdout());
        let (mut url, mut grpc) = (None, None);
        while url.is_none() || grpc.is_none() {
            let mut line = String::new();
            assert_ne!(
                stdout.read_line(&mut line).expect("stdout is text"),
                0,
                "it ended before it was ready"
            );
            let last_word = line.split_whitespace().last().unwrap_or_default().to_owned();
            match line.trim_start() {
                line if line.starts_with("page and API") => {
                    url = Some(last_word.trim_end_matches('/').to_owned());
                }
                line if line.starts_with("gRPC") => grpc = Some(last_word),
                _ => {}
            }
        }
        Self { process, stdout, url: url.expect("just read"), grpc: grpc.expect("just read") }
    }

    /// The lines of its log, if stderr is piped.
    pub(crate) fn stderr(&mut self) -> impl Iterator<Item = std::io::Result<String>> + use<> {
        BufReader::new(self.process.stderr()).lines()
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(self) {
        self.process.kill();
    }

    pub(crate) fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.end()
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> ExitStatus {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("stdout is text");
        self.process.wait()
    }

    /// The body of `GET path`.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut answer = agent().get(format!("{}{path}", self.url)).call().expect("it answers");
        answer.body_mut().read_to_string().expect("the body is text")
    }

    /// Sends samples; the status of the answer, or none if the connection broke.
    pub(crate) fn post_samples(&self, body: &str) -> Option<u16> {
        post_samples(&agent(), &self.url, body)
    }

    /// What a client command prints, asked of this process.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.client(args).output().expect("the program starts")
    }

    /// A client command of this process, not started yet.
    pub(crate) fn client(&self, args: &[&str]) -> Command {
        let mut command = watchkeeper(args);
        command.args(["--url", &self.url]);
        command
    }

    /// Asks until the answer is what is waited for.
    pub(crate) fn wait_for(&self, path: &str, is_there: impl Fn(&str) -> bool) -> String {
        wait_for(path, || Some(self.get(path)).filter(|answer| is_there(answer)))
    }
}

pub(crate) fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

pub(crate) fn post_samples(agent: &Agent, url: &str, body: &str) -> Option<u16> {
    post_json(agent, &format!("{url}/v1/samples"), body)
}

/// Posts JSON; the status of the answer, or none if the connection broke.
pub(crate) fn post_json(agent: &Agent, url: &str, body: &str) -> Option<u16> {
    let request = agent.post(url).content_type("application/json");
    request.send(body).ok().map(|answer| answer.status().as_u16())
}

/// Asks again and again, as fast as answers come, until there is one.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < give_up, "waited for {what} in vain");
    }
}
