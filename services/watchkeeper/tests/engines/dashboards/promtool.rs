//! The rules and the jobs, as promtool checks and tests them.

use super::board::directory;
use std::process::Command;

#[test]
#[ignore = "needs promtool: cargo xtask test installs it"]
fn the_rules_and_the_jobs_are_valid_and_the_tests_of_the_rules_pass() {
    for arguments in [
        ["check", "rules", "prometheus/rules.yml"],
        ["check", "config", "prometheus/scrape.yml"],
        ["test", "rules", "prometheus/rules_test.yml"],
    ] {
        let output = Command::new("promtool").args(arguments).current_dir(directory()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let tests = include_str!("../../../../../dashboards/prometheus/rules_test.yml");
    let rules = include_str!("../../../../../dashboards/prometheus/rules.yml");
    for name in rules.lines().filter_map(|line| line.split_once("alert: ")).map(|(_, name)| name) {
        assert!(tests.contains(&format!("\"{name}\"")), "{name} has no test that it fires");
    }
}
