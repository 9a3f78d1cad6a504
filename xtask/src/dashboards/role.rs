//! What the dashboard of every role has: its process and its logs.

use super::source::{Board, Row};

/// The rows, with `ROLE` for the name. `watchkeeper up` runs all roles in the process of the job `watchkeeper-up`.
const COMMON: &str = r#"
[[row]]
title = "Process"

[[row.panel]]
title = "CPU"
about = "Of one processor."
unit = "percentunit"
width = 6
promql = { "{{job}} {{instance}}" = 'rate(process_cpu_seconds_total{job=~"watchkeeper-(ROLE|up)"}[$__rate_interval])' }

[[row.panel]]
title = "Memory"
about = "Resident; the unit has `MemoryHigh=` and `MemoryMax=`."
unit = "bytes"
width = 6
promql = { "{{job}} {{instance}}" = 'process_resident_memory_bytes{job=~"watchkeeper-(ROLE|up)"}' }

[[row.panel]]
title = "Open files"
about = "Of those that the process may open."
unit = "percentunit"
width = 6
promql = { "{{job}} {{instance}}" = 'process_open_fds{job=~"watchkeeper-(ROLE|up)"} / process_max_fds{job=~"watchkeeper-(ROLE|up)"}' }

[[row.panel]]
title = "Restarts"
about = "In the hour before: by systemd, its watchdog, or an operator."
width = 6
promql = { "{{job}} {{instance}}" = 'changes(process_start_time_seconds{job=~"watchkeeper-(ROLE|up)"}[1h])' }

[[row]]
title = "Logs"

[[row.panel]]
title = "Lines, by level"
width = 8
height = 10
logql = { "{{level}}" = 'sum by (level) (count_over_time({role="ROLE"} [$__auto]))' }

[[row.panel]]
title = "Log"
kind = "logs"
width = 16
height = 10
logql = { "" = '{role="ROLE"} | json | line_format `{{.MESSAGE}}`' }
"#;

/// The dashboard with the rows that all roles have.
pub(super) fn complete(role: &str, mut board: Board) -> Board {
    #[derive(serde::Deserialize)]
    struct Rows {
        row: Vec<Row>,
    }
    let common: Rows = toml::from_str(&COMMON.replace("ROLE", role)).expect("the constant is valid");
    board.rows.extend(common.row);
    board
}
