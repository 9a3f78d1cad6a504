//! Which adapters ran which contract suites, and the results. The tests report them themselves
//! (`services/port-contract/src/report.rs`), so that a suite that did not run is not listed.

use anyhow::{Context as _, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file that the tests report to.
pub(crate) struct Report {
    file: PathBuf,
}

impl Report {
    /// A file in `dir`.
    pub(crate) fn within(dir: &Path) -> Self {
        Self { file: dir.join("promises") }
    }

    /// The variable that names it for the tests.
    pub(crate) fn variable(&self) -> (String, String) {
        ("WATCHKEEPER_TEST_PROMISES".to_owned(), self.file.display().to_string())
    }

    /// Reads the report.
    pub(crate) fn read(&self, were_asked: Asked) -> anyhow::Result<Promises> {
        match fs::read_to_string(&self.file) {
            Ok(lines) => Promises::parse(&lines, were_asked),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Promises::parse("", were_asked),
            Err(error) => Err(error.into()),
        }
    }
}

/// Which promises of a suite should have been tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of them.
    All,
    /// Those whose name matches a filter.
    Some,
}

/// The promises that were tested, by suite and adapter.
#[derive(Debug)]
pub(crate) struct Promises {
    /// By suite and adapter, then by the module that runs the suite.
    tested: BTreeMap<(String, String), BTreeMap<String, Tested>>,
}

/// The results of a suite.
#[derive(Debug, Default)]
struct Tested {
    begun: BTreeSet<String>,
    kept: BTreeSet<String>,
    /// How many should have been tested.
    promises: usize,
}

impl Promises {
    fn parse(lines: &str, asked: Asked) -> anyhow::Result<Self> {
        let mut tested: BTreeMap<_, BTreeMap<String, Tested>> = BTreeMap::new();
        for line in lines.lines() {
            let fields: [&str; 6] =
                line.split('\t').collect::<Vec<_>>().try_into().ok().context(line.to_owned())?;
            let [outcome, suite, adapter, module, promise, promises] = fields;
            let (suite, adapter) = (
                suite.replace('_', " "),
                adapter.trim_start_matches("watchkeeper-").trim_start_matches("adapter-"),
            );
            let of_module = tested.entry((suite, adapter.to_owned())).or_default();
            let of_module = of_module.entry(module.to_owned()).or_default();
            match outcome {
                "begun" => of_module.begun.insert(promise.to_owned()),
                _ => of_module.kept.insert(promise.to_owned()),
            };
            of_module.promises = match asked {
                Asked::All => promises.parse().context(line.to_owned())?,
                Asked::Some => of_module.begun.len(),
            };
        }
        Ok(Self { tested })
    }

    /// # Errors
    /// If a promise was not kept, or not tested although it should have been.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let all = self.tested.values().flat_map(BTreeMap::values);
        let missing: usize = all.map(|tested| tested.promises.saturating_sub(tested.kept.len())).sum();
        ensure!(missing == 0, "{missing} promises were not kept, or not tested");
        Ok(())
    }
}

/// One line per suite and adapter.
impl fmt::Display for Promises {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tested.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{:<20}{:<11}promises", "suite", "adapter")?;
        for ((suite, adapter), by_module) in &self.tested {
            write!(f, "{suite:<20}{adapter:<11}")?;
            for (index, (module, tested)) in by_module.iter().enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                write!(f, "{separator}{tested}")?;
                if by_module.len() > 1 {
                    write!(f, " ({})", module.rsplit("::").next().unwrap_or(module))?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Tested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.kept.len(), self.promises)?;
        for broken in self.begun.difference(&self.kept) {
            write!(f, ", NOT KEPT: {broken}")?;
        }
        match self.promises.saturating_sub(self.begun.len()) {
            0 => Ok(()),
            untested => write!(f, ", NOT TESTED: {untested}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report line of a test, for a suite of two promises.
    fn told(outcome: &str, adapter: &str, module: &str, promise: &str) -> String {
        format!("{outcome}\tevent_bus\twatchkeeper-adapter-{adapter}\t{module}\t{promise}\t2\n")
    }

    fn kept(adapter: &str, module: &str, promise: &str) -> String {
        told("begun", adapter, module, promise) + &told("kept", adapter, module, promise)
    }

    fn table(lines: &[String], asked: Asked) -> (String, bool) {
        let promises = Promises::parse(&lines.concat(), asked).unwrap();
        (promises.to_string(), promises.check().is_ok())
    }

    const HEAD: &str = "\nsuite               adapter    promises\n";

    #[test]
    fn an_adapter_has_a_line_for_each_suite_and_says_how_it_was_set_up() {
        let lines = ["one", "two"].map(|promise| {
            kept("kafka", "kafka::classic", promise)
                + &kept("kafka", "kafka::consumer", promise)
                + &kept("embedded", "contract::event_bus", promise)
        });
        let expected = format!(
            "{HEAD}\
             event bus           embedded   2 of 2\n\
             event bus           kafka      2 of 2 (classic), 2 of 2 (consumer)\n"
        );
        assert_eq!(table(&lines, Asked::All), (expected, true));
    }

    #[test]
    fn a_promise_that_was_not_kept_or_not_tested_is_seen_and_an_error() {
        let lines = [kept("redis", "contract", "one"), told("begun", "redis", "contract", "two")];
        let expected = format!("{HEAD}event bus           redis      1 of 2, NOT KEPT: two\n");
        assert_eq!(table(&lines, Asked::All), (expected.clone(), false));
        assert_eq!(table(&lines, Asked::Some), (expected, false));

        let lines = [kept("redis", "contract", "one")];
        let expected = format!("{HEAD}event bus           redis      1 of 2, NOT TESTED: 1\n");
        assert_eq!(table(&lines, Asked::All), (expected, false));
    }

    #[test]
    fn with_a_filter_only_what_ran_is_counted() {
        let expected = format!("{HEAD}event bus           redis      1 of 1\n");
        assert_eq!(table(&[kept("redis", "contract", "one")], Asked::Some), (expected, true));
        assert_eq!(table(&[], Asked::Some), (String::new(), true));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_an_error() {
        for line in ["begun", "begun\ta\tb\tc\td\tmany"] {
            assert!(Promises::parse(line, Asked::All).unwrap_err().to_string().contains(line), "{line}");
        }
    }
}
