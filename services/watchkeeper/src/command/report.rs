//! `watchkeeper report`.

use super::client::{Client, Parameters, segment};
use super::notice;
use super::table::{print_json, print_rows, print_table};
use crate::cli::{ReportArgs, Server};
use serde_json::{Map, Value};
use std::io::{self, Write as _};
use watchkeeper_ports::Table;
use watchkeeper_wire::csv;
use watchkeeper_wire::json::{ReportAnswer, ReportJson, ReportList};

pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<()> {
    match &args.name {
        None => list(&args.server, args.json),
        Some(name) => answer(args, name),
    }
}

fn list(server: &Server, json: bool) -> anyhow::Result<()> {
    let ReportList { reports } = Client::new(server)?.get("/v1/reports", &Parameters::default())?;
    if json {
        return print_json(&reports);
    }
    let row = |report: &ReportJson| {
        [
            report.name.clone(),
            report.title.clone(),
            schedule(report),
            report.next_at.clone().unwrap_or_default(),
            report.mail.join(", "),
        ]
    };
    let headings = ["NAME", "TITLE", "MAILED", "NEXT AT", "TO"];
    let empty = "No reports. The configuration has them in sections [[report]].";
    print_table(headings, reports.iter().map(row).collect(), empty)?;
    Ok(())
}

/// When it is mailed, in its time zone.
fn schedule(report: &ReportJson) -> String {
    let Some(schedule) = &report.schedule else { return String::new() };
    format!("{schedule} {}", report.time_zone.as_deref().unwrap_or_default()).trim_end().to_owned()
}

fn answer(args: &ReportArgs, name: &str) -> anyhow::Result<()> {
    let path = format!("/v1/reports/{}", segment(name));
    let answer: ReportAnswer = Client::new(&args.server)?.get(&path, &Parameters::default())?;
    if answer.cut {
        notice(&format!("the answer is cut after {} rows: there are more", answer.rows.len()));
    }
    if args.json {
        return print_json(&objects(&answer));
    }
    if args.csv {
        // Programs get it exactly; what says that it is cut is on stderr.
        let table = Table { columns: answer.columns, rows: answer.rows, is_cut: false };
        io::stdout().write_all(csv::table(&table).as_bytes())?;
        return Ok(());
    }
    let rows = answer.rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect());
    print_rows(answer.columns, rows.collect(), "No rows.")?;
    Ok(())
}

/// An object for each row. Of columns with the same name, the last one counts.
fn objects(answer: &ReportAnswer) -> Vec<Map<String, Value>> {
    let object = |row: &Vec<Option<String>>| {
        let cells = row.iter().map(|cell| cell.clone().map_or(Value::Null, Value::String));
        answer.columns.iter().cloned().zip(cells).collect()
    };
    answer.rows.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_an_object_by_column() {
        let answer = ReportAnswer {
            columns: vec!["service".into(), "errors".into()],
            rows: vec![vec![Some("shop".into()), None]],
            ..ReportAnswer::default()
        };
        let objects = serde_json::to_string(&objects(&answer)).unwrap();
        assert!(objects.contains(r#""service":"shop""#) && objects.contains(r#""errors":null"#), "{objects}");
    }
}
