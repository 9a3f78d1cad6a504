//! What a job reports.

use watchkeeper_domain::Note;
use watchkeeper_rules::{FAILED, STARTED, SUCCEEDED};

/// How a run of a job stands, and what the job says about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    outcome: Outcome,
    said: Option<Note>,
}

/// How a run of a job stands: the last part of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Started,
    Succeeded,
    /// Without a code if the job gave none.
    Failed(Option<u8>),
}

impl Outcome {
    /// `start`, `fail`, or an exit code.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "start" => Some(Self::Started),
            "fail" => Some(Self::Failed(None)),
            code => code
                .parse()
                .ok()
                .map(|code| if code == 0 { Self::Succeeded } else { Self::Failed(Some(code)) }),
        }
    }
}

impl Report {
    /// With the end of the output that the job sent.
    pub(crate) fn new(outcome: Outcome, output: &[u8]) -> Self {
        let output = String::from_utf8_lossy(output);
        let last = output.lines().rev().find(|line| !line.trim().is_empty());
        Self { outcome, said: last.and_then(Note::new) }
    }

    /// The value of its sample.
    pub(crate) fn state(&self) -> f64 {
        match self.outcome {
            Outcome::Started => STARTED,
            Outcome::Succeeded => SUCCEEDED,
            Outcome::Failed(_) => FAILED,
        }
    }

    /// The note of its sample: `exit code 3: disk full`.
    pub(crate) fn note(&self) -> Option<Note> {
        let Outcome::Failed(Some(code)) = self.outcome else { return self.said.clone() };
        let said = self.said.as_ref().map(|said| format!(": {said}"));
        Note::new(&format!("exit code {code}{}", said.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_with_start_fail_or_an_exit_code() {
        let names = ["start", "fail", "0", "3", "255", "256", "-1", "", "Start"].map(Outcome::named);
        let failed = |code| Some(Outcome::Failed(code));
        let expected = [
            Some(Outcome::Started),
            failed(None),
            Some(Outcome::Succeeded),
            failed(Some(3)),
            failed(Some(255)),
            None,
            None,
            None,
            None,
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_note_has_the_exit_code_and_the_last_line_of_the_output() {
        let note = |outcome, output: &[u8]| {
            Report::new(outcome, output).note().map(|note| note.to_string()).unwrap_or_default()
        };
        let output = b"copying\nrsync: disk full\n\n \n";
        assert_eq!(note(Outcome::Failed(Some(3)), output), "exit code 3: rsync: disk full");
        assert_eq!(note(Outcome::Failed(Some(3)), b""), "exit code 3");
        assert_eq!(note(Outcome::Failed(None), output), "rsync: disk full");
        assert_eq!(note(Outcome::Succeeded, b"\xff 3 files"), "\u{fffd} 3 files");
        assert_eq!(note(Outcome::Started, b""), "");
    }
}
