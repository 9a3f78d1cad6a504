//! `watchkeeper rules`.

mod running;

use super::table::print_table;
use super::{print_line, print_lines};
use crate::cli::{RulesAction, RulesArgs};
use crate::config::Config;
use anyhow::ensure;
use std::io;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_config::show_duration;
use watchkeeper_rules::{Rule, RuleSet, TestOutcome, run_tests};

pub(crate) fn run(args: &RulesArgs) -> anyhow::Result<()> {
    match &args.action {
        RulesAction::Check { file } => {
            list(rules_in(file)?.as_ref())?;
            Ok(())
        }
        RulesAction::Test { file } => test(rules_in(file)?.as_ref()),
        RulesAction::List { output, server } => running::list(output, server),
        RulesAction::Explain(args) => running::explain(args),
    }
}

fn rules_in(file: &Path) -> anyhow::Result<Arc<RuleSet>> {
    Ok(Config::check(file)?.settings.get()?)
}

fn list(rules: &RuleSet) -> io::Result<()> {
    let row = |rule: &Rule| {
        [
            rule.name.clone(),
            rule.severity.to_string(),
            rule.condition.to_string(),
            show_duration(rule.hold),
            rule.matchers.to_string(),
            rule.routing.receivers.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(" ")),
            rule.tests.len().to_string(),
        ]
    };
    let headings = ["NAME", "SEVERITY", "FIRES WHEN", "FOR", "MATCHERS", "RECEIVERS", "TESTS"];
    print_table(headings, rules.rules().iter().map(row).collect(), "No rules.")
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
