//! How the last run of a unit ended.

use std::fmt;
use watchkeeper_domain::text;

/// `CLD_EXITED` of `waitid(2)`: the status is an exit code, not a signal.
const EXITED: i32 = 1;

/// Signals by number, on Linux.
const SIGNALS: [(i32, &str); 12] = [
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (15, "SIGTERM"),
    (31, "SIGSYS"),
];

/// What exit codes mean: ours, and those with which systemd says what it could not set up (`systemd.exec(5)`).
const CODES: [(i32, &str); 9] = [
    (78, "the configuration was refused"),
    (200, "systemd: CHDIR"),
    (203, "systemd: EXEC"),
    (217, "systemd: USER"),
    (218, "systemd: CAPABILITIES"),
    (226, "systemd: NAMESPACE"),
    (228, "systemd: SECCOMP"),
    (238, "systemd: STATE_DIRECTORY"),
    (243, "systemd: CREDENTIALS"),
];

/// The properties `Result`, `ExecMainCode` and `ExecMainStatus` of a unit (`systemd.service(5)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// `success`, `exit-code`, `watchdog`, …
    pub(crate) result: String,
    pub(crate) code: i32,
    pub(crate) status: i32,
}

impl Outcome {
    /// Whether it ended as it should, or has not ended.
    pub(crate) fn is_success(&self) -> bool {
        self.result == "success"
    }

    /// The exit code of the last run, if it had one.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        (self.code == EXITED).then_some(self.status)
    }

    fn signal(&self) -> String {
        let name = SIGNALS.iter().find(|(number, _)| *number == self.status);
        name.map_or_else(|| format!("signal {}", self.status), |(_, name)| (*name).to_owned())
    }
}

/// In a few words: `exit code 1`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        match self.result.as_str() {
            "exit-code" => match CODES.iter().find(|(code, _)| *code == status) {
                Some((_, meaning)) => write!(f, "exit code {status} ({meaning})"),
                None => write!(f, "exit code {status}"),
            },
            "signal" => write!(f, "killed by {}", self.signal()),
            "core-dump" => write!(f, "killed by {}, core dumped", self.signal()),
            "watchdog" => f.write_str("hung, and ended by the watchdog"),
            "oom-kill" => f.write_str("killed because memory ran out (oom-kill)"),
            "timeout" => f.write_str("not started or stopped in time (timeout)"),
            "start-limit-hit" => f.write_str("restarted too often (start-limit-hit)"),
            "protocol" => f.write_str("ended before it was ready (protocol)"),
            "resources" => f.write_str("systemd could not start it (resources)"),
            other => f.write_str(&text::line(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_says_how_it_ended_and_with_what() {
        for (result, code, status, expected) in [
            ("exit-code", EXITED, 1, "exit code 1"),
            ("exit-code", EXITED, 78, "exit code 78 (the configuration was refused)"),
            ("exit-code", EXITED, 243, "exit code 243 (systemd: CREDENTIALS)"),
            ("signal", 2, 9, "killed by SIGKILL"),
            ("signal", 2, 40, "killed by signal 40"),
            ("core-dump", 3, 11, "killed by SIGSEGV, core dumped"),
            ("watchdog", 3, 6, "hung, and ended by the watchdog"),
            ("oom-kill", 2, 9, "killed because memory ran out (oom-kill)"),
            ("start-limit-hit", 0, 0, "restarted too often (start-limit-hit)"),
            ("new-in-300", 0, 0, "new-in-300"),
        ] {
            let outcome = Outcome { result: result.to_owned(), code, status };
            assert_eq!(outcome.to_string(), expected);
            assert!(!outcome.is_success());
            assert_eq!(outcome.exit_code(), (code == EXITED).then_some(status), "{result}");
        }
    }
}
