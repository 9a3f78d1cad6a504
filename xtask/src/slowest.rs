//! Records test durations, and shows the slowest tests.
//!
//! libtest reports durations only on nightly, or on stable with `RUSTC_BOOTSTRAP`. If cargo sees that variable, it
//! rebuilds half of the crates; so cargo runs the tests through this executable, which sets it only for them.

use anyhow::Context as _;
use std::env;
use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

/// How many tests to show.
const SHOWN: usize = 15;
/// The variable that names the file of durations to the test runner.
const VARIABLE: &str = "WATCHKEEPER_TEST_TIMES";
/// The hidden command that cargo runs tests with.
const COMMAND: &str = "run-test";

/// The file of durations.
pub(crate) struct Times {
    file: PathBuf,
}

impl Times {
    /// A file in `dir`.
    pub(crate) fn within(dir: &Path) -> Self {
        Self { file: dir.join("times") }
    }

    /// The variable for the test runner.
    pub(crate) fn variable(&self) -> (String, String) {
        (VARIABLE.to_owned(), self.file.display().to_string())
    }

    /// The cargo options that run tests through this executable.
    pub(crate) fn runner() -> anyhow::Result<[String; 2]> {
        let executable = env::current_exe()?.display().to_string();
        let runner = format!("target.'cfg(all())'.runner=[{executable:?}, {COMMAND:?}]");
        Ok(["--config".to_owned(), runner])
    }

    /// The slowest tests that ran.
    pub(crate) fn slowest(&self) -> anyhow::Result<Slowest> {
        match fs::read_to_string(&self.file) {
            Ok(lines) => Slowest::parse(&lines),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Slowest(Vec::new())),
            Err(error) => Err(error.into()),
        }
    }
}

/// Runs one test executable, and records the duration of each test.
pub(crate) fn run_test(command: &[OsString]) -> anyhow::Result<ExitCode> {
    let (program, args) = command.split_first().context("the test executable is not named")?;
    let Some(file) = env::var_os(VARIABLE) else {
        return exit_code(&mut Command::new(program).args(args).spawn()?);
    };
    let mut child = Command::new(program)
        .args(args)
        .args(["-Zunstable-options", "--report-time"])
        .env("RUSTC_BOOTSTRAP", "1")
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut times = String::new();
    let executable = executable_name(Path::new(program));
    // A test may print anything: bytes that are no text must not end the run.
    for line in BufReader::new(child.stdout.take().context("is piped")?).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if let Some((test, seconds)) = timed(&line) {
            writeln!(times, "{seconds}\t{executable}::{test}")?;
        }
        println!("{line}");
    }
    OpenOptions::new().create(true).append(true).open(file)?.write_all(times.as_bytes())?;
    exit_code(&mut child)
}

fn exit_code(child: &mut Child) -> anyhow::Result<ExitCode> {
    let code = child.wait()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The name of the executable without the hash that cargo appends.
fn executable_name(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit_once('-').map_or(&*name, |(name, _)| name).to_owned()
}

/// Parses a line such as `test a::b ... ok <0.012s>` into the test and its seconds.
fn timed(line: &str) -> Option<(&str, &str)> {
    let (test, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (_, seconds) = outcome.strip_suffix("s>")?.rsplit_once('<')?;
    Some((test, seconds))
}

/// The slowest tests, each with its seconds.
pub(crate) struct Slowest(Vec<(f64, String)>);

impl Slowest {
    fn parse(lines: &str) -> anyhow::Result<Self> {
        let mut tests = Vec::new();
        for line in lines.lines() {
            let (seconds, test) = line.split_once('\t').with_context(|| line.to_owned())?;
            tests.push((seconds.parse().with_context(|| line.to_owned())?, test.to_owned()));
        }
        tests.sort_by(|(one, _): &(f64, _), (other, _)| other.total_cmp(one));
        tests.truncate(SHOWN);
        Ok(Self(tests))
    }
}

impl fmt::Display for Slowest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = (!self.0.is_empty()).then_some("\nslowest tests:");
        heading.into_iter().try_for_each(|heading| writeln!(f, "{heading}"))?;
        self.0.iter().try_for_each(|(seconds, test)| writeln!(f, "{seconds:8.1} s  {test}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_test_is_read_from_its_line() {
        assert_eq!(timed("test a::b ... ok <0.012s>"), Some(("a::b", "0.012")));
        assert_eq!(timed("test a::b ... FAILED <61.200s>"), Some(("a::b", "61.200")));
        assert_eq!(timed("test a::b ... ignored"), None);
        assert_eq!(timed("running 3 tests"), None);
    }

    #[test]
    fn an_executable_is_named_without_its_hash() {
        assert_eq!(
            executable_name(Path::new("/t/debug/deps/watchkeeper_ports-0123abcd")),
            "watchkeeper_ports"
        );
    }

    #[test]
    fn the_slowest_come_first_and_the_others_are_left_out() {
        let lines: Vec<_> = (0..100).map(|n| format!("{n}.5\ttest {n}")).collect();
        let shown = Slowest::parse(&lines.join("\n")).unwrap().to_string();
        assert_eq!(shown.lines().count(), SHOWN + 2);
        assert_eq!(shown.lines().nth(2), Some("    99.5 s  test 99"));
        assert_eq!(Slowest::parse("").unwrap().to_string(), "");
    }
}
