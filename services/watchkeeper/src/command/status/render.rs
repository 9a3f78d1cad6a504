//! Units in a table, and as JSON.

use crate::command::table::{aligned, value_in, wrapped};
use crate::systemd::{Unit, log_command};
use serde::Serialize;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::Grouped;
use watchkeeper_runtime::consumer::lag_in_status;

/// How far the lines below a unit are indented.
const INDENT: u16 = 4;
const HEADINGS: [&str; 6] = ["UNIT", "STATE", "SINCE", "MEMORY", "RESTARTS", "LAG"];

/// A line for each unit, and below it what its process says, or how it failed and what to do. A text that is wider than
/// `width` columns is wrapped.
pub(super) fn lines(units: &[Unit], now: Timestamp, width: Option<u16>) -> Vec<String> {
    let mut table = aligned(HEADINGS, units.iter().map(|unit| row(unit, now)).collect()).into_iter();
    let mut lines: Vec<_> = table.next().into_iter().collect();
    for (line, unit) in table.zip(units) {
        lines.push(line);
        lines.extend(below(unit).iter().flat_map(|text| wrapped(text, INDENT, width)));
    }
    lines
}

/// `watchkeeper@persister`
pub(super) fn short(unit: &str) -> &str {
    unit.strip_suffix(".service").unwrap_or(unit)
}

fn row(unit: &Unit, now: Timestamp) -> [String; 6] {
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let memory = unit.memory_bytes.map(|bytes| value_in(bytes as f64, "bytes"));
    let since = unit.since.map(|since| value_in(now.since(since).as_secs_f64().floor(), "seconds"));
    [
        short(&unit.name).to_owned(),
        unit.state(),
        since.unwrap_or_default(),
        memory.unwrap_or_default(),
        unit.restarts.to_string(),
        lag(unit).map(|lag| Grouped(lag).to_string()).unwrap_or_default(),
    ]
}

/// Of a process that runs: the status of another one is out of date.
fn lag(unit: &Unit) -> Option<u64> {
    lag_in_status(&unit.status).filter(|_| unit.runs())
}

fn below(unit: &Unit) -> Vec<String> {
    let failure = unit.failure().unwrap_or_else(|| "for an unknown reason".to_owned());
    if unit.has_failed() {
        let see = match unit.load.as_str() {
            "loaded" => log_command(&unit.name),
            _ => format!("systemd-analyze verify {}", unit.name),
        };
        return vec![format!("failed: {failure}"), format!("see: {see}")];
    }
    if unit.waits_for_restart() {
        return vec![
            format!("waits to be restarted: {failure}"),
            format!("see: {}", log_command(&unit.name)),
        ];
    }
    if !unit.runs() {
        return vec![format!("enabled, but not started: systemctl start {}", short(&unit.name))];
    }
    // One line for each role of `up`.
    let roles = unit.status.split(" | ").filter(|text| !text.is_empty());
    roles.map(str::to_owned).collect()
}

/// A unit for programs.
#[derive(Debug, Serialize)]
pub(super) struct UnitJson<'a> {
    unit: &'a str,
    load_state: &'a str,
    active_state: &'a str,
    sub_state: &'a str,
    enabled: bool,
    failed: bool,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    restarts: u32,
    /// In records.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag: Option<u64>,
    /// What its process says, if one runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    /// Of the last run: `success`, `exit-code`, `watchdog`, …
    result: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
}

impl<'a> UnitJson<'a> {
    pub(super) fn of(unit: &'a Unit) -> Self {
        Self {
            unit: &unit.name,
            load_state: &unit.load,
            active_state: &unit.active,
            sub_state: &unit.sub,
            enabled: unit.is_enabled,
            failed: unit.has_failed(),
            since: unit.since.map(|since| since.to_string()),
            memory_bytes: unit.memory_bytes,
            restarts: unit.restarts,
            lag: lag(unit),
            status: Some(unit.status.as_str()).filter(|_| unit.runs()),
            result: &unit.outcome.result,
            exit_code: unit.outcome.exit_code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systemd::Outcome;

    fn unit(name: &str, active: &str, sub: &str, status: &str) -> Unit {
        Unit {
            name: format!("{name}.service"),
            load: "loaded".to_owned(),
            active: active.to_owned(),
            sub: sub.to_owned(),
            is_enabled: true,
            since: Some("2026-11-20T10:00:00Z".parse().unwrap()),
            memory_bytes: Some(9_437_184),
            restarts: 0,
            status: status.to_owned(),
            outcome: Outcome { result: "success".to_owned(), code: 0, status: 0 },
        }
    }

    fn failing(unit: Unit) -> Unit {
        let outcome = Outcome { result: "exit-code".to_owned(), code: 1, status: 1 };
        Unit { outcome, restarts: 10, memory_bytes: None, ..unit }
    }

    fn shown(units: &[Unit], width: Option<u16>) -> String {
        lines(units, "2026-11-20T12:05:00.5Z".parse().unwrap(), width).join("\n")
    }

    #[test]
    fn units_are_shown_with_what_they_say_and_how_to_go_on_if_they_do_not_run() {
        let units = [
            unit(
                "watchkeeper-up",
                "active",
                "running",
                "api: 3 requests/s | cache: 7 records/s, lag 1,200, last commit 2 s ago",
            ),
            unit("watchkeeper@analytics", "inactive", "dead", ""),
            failing(unit("watchkeeper@cache", "activating", "auto-restart", "0 records/s, lag 0")),
            failing(unit("watchkeeper@persister", "failed", "failed", "stopping")),
        ];
        // Rows begin as those of all tables do.
        let expected = "
 UNIT                   STATE                      SINCE      MEMORY   RESTARTS  LAG
 watchkeeper-up         active                     2 h 5 min  9.0 MiB  0         1,200
    api: 3 requests/s
    cache: 7 records/s, lag 1,200, last commit 2 s ago
 watchkeeper@analytics  inactive                   2 h 5 min  9.0 MiB  0
    enabled, but not started: systemctl start watchkeeper@analytics
 watchkeeper@cache      activating (auto-restart)  2 h 5 min           10
    waits to be restarted: exit code 1 after 10 restarts
    see: journalctl -u watchkeeper@cache.service -n 50
 watchkeeper@persister  failed                     2 h 5 min           10
    failed: exit code 1 after 10 restarts
    see: journalctl -u watchkeeper@persister.service -n 50";
        assert_eq!(format!("\n{}", shown(&units, None)), expected);
    }

    #[test]
    fn a_long_status_is_wrapped_to_the_terminal() {
        let status = "waiting for store: PostgreSQL at db.test:5432: connection refused";
        let shown = shown(&[unit("watchkeeper@api", "active", "running", status)], Some(40));
        let below: Vec<_> = shown.lines().skip(2).collect();
        assert_eq!(below, ["    waiting for store: PostgreSQL at", "    db.test:5432: connection refused"]);
    }

    #[test]
    fn what_a_process_says_that_no_longer_runs_is_not_told() {
        let units = [failing(unit("watchkeeper@persister", "failed", "failed", "1 records/s, lag 3"))];
        let json = serde_json::to_value(UnitJson::of(&units[0])).unwrap();
        assert_eq!((json.get("status"), json.get("lag")), (None, None));
        assert_eq!((json["failed"].as_bool(), json["exit_code"].as_i64()), (Some(true), Some(1)));
    }
}
