//! `watchkeeper rules`.

mod running;

use super::table::print_table;
use super::{notice, print_line, print_lines};
use crate::cli::{RulesAction, RulesArgs, Server};
use crate::config::Config;
use anyhow::ensure;
use std::io;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_config::show_duration;
use watchkeeper_rules::{Rule, RuleSet, TestOutcome, misspelt, run_tests};

pub(crate) fn run(args: &RulesArgs) -> anyhow::Result<()> {
    match &args.action {
        RulesAction::Check { file, running, server } => check(&*rules_in(file)?, running.then_some(server)),
        RulesAction::Test { file } => test(&rules_in(file)?.without_defaults()),
        RulesAction::List { output, server } => running::list(output, server),
        RulesAction::Explain(args) => running::explain(args),
    }
}

fn rules_in(file: &Path) -> anyhow::Result<Arc<RuleSet>> {
    Ok(Config::check(file)?.settings.get()?)
}

fn check(rules: &RuleSet, running: Option<&Server>) -> anyhow::Result<()> {
    list(rules)?;
    warn_about_misspelt(rules);
    if let Some(server) = running {
        running::warn_about_unmatched(rules, server)?;
    }
    Ok(())
}

/// What only series can tell for certain.
pub(super) fn warn_about_misspelt(rules: &RuleSet) {
    for warning in misspelt(rules) {
        notice(&warning);
    }
}

fn list(rules: &RuleSet) -> io::Result<()> {
    let row = |rule: &Rule| {
        [
            if rule.is_default { format!("{} (default)", rule.name) } else { rule.name.clone() },
            rule.severity.to_string(),
            rule.condition.to_string(),
            show_duration(rule.hold),
            rule.matchers.to_string(),
            receivers(rule.routing.receivers.as_deref()),
            rule.tests.len().to_string(),
        ]
    };
    let headings = ["NAME", "SEVERITY", "FIRES WHEN", "FOR", "MATCHERS", "RECEIVERS", "TESTS"];
    print_table(headings, rules.rules().iter().map(row).collect(), "No rules.")
}

/// The names of the receivers, for a table.
fn receivers(names: Option<&[String]>) -> String {
    match names {
        None => "all".to_owned(),
        Some([]) => "none".to_owned(),
        Some(names) => names.join(" "),
    }
}

fn test(rules: &RuleSet) -> anyhow::Result<()> {
    let outcomes = run_tests(rules);
    for outcome in &outcomes {
        print_outcome(outcome)?;
    }
    for rule in rules.rules().iter().filter(|rule| rule.tests.is_empty()) {
        print_line(&format!("no test {}", rule.name))?;
    }
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let tests = if outcomes.len() == 1 { "test" } else { "tests" };
    ensure!(failed == 0, "{failed} of {} {tests} failed", outcomes.len());
    print_line(&format!("{} {tests} passed.", outcomes.len()))?;
    Ok(())
}

fn print_outcome(TestOutcome { rule, test, failure }: &TestOutcome) -> io::Result<()> {
    let Some(failure) = failure else { return print_line(&format!("passed  {rule}: {test}")) };
    print_line(&format!("FAILED  {rule}: {test}"))?;
    print_lines(failure)
}
