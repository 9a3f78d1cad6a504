//! A process of the program.

use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// A running process; dropped, it is killed.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("the program starts"))
    }

    pub(crate) fn stdout(&mut self) -> ChildStdout {
        self.0.stdout.take().expect("stdout is piped")
    }

    pub(crate) fn stderr(&mut self) -> ChildStderr {
        self.0.stderr.take().expect("stderr is piped")
    }

    pub(crate) fn signal(&self, signal: &str) {
        send(signal, self.0.id());
    }

    /// SIGTERM, and waits for the end: if that takes longer than `limit`, it is killed, which its status says.
    pub(crate) fn stop_within(mut self, limit: Duration) -> ExitStatus {
        let id = self.0.id();
        let (ended, is_ended) = sync_channel::<()>(0);
        thread::scope(|scope| {
            scope.spawn(move || {
                if is_ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    send("KILL", id);
                }
            });
            self.signal("TERM");
            let status = self.wait();
            drop(ended);
            status
        })
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.0.wait().expect("it ends")
    }
}

fn send(signal: &str, id: u32) {
    let kill = Command::new("kill").arg(format!("-{signal}")).arg(id.to_string()).status();
    assert!(kill.expect("kill is there").success());
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
