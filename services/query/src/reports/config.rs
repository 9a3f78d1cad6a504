//! The sections `[[report]]`.

use super::Schedule;
use jiff::tz::TimeZone;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{MAX_REPORT_ROWS, MAX_REPORT_SQL_BYTES};

/// Most reports.
pub const MAX_REPORTS: usize = 100;
/// Longest name of a report, in bytes.
pub const MAX_REPORT_NAME_BYTES: usize = 64;
/// Most receivers of a report.
pub const MAX_REPORT_RECEIVERS: usize = 20;
/// Rows of a report that does not say.
pub const DEFAULT_REPORT_ROWS: usize = 1_000;
/// The longest that a report may take.
pub const MAX_REPORT_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Longest title, in bytes.
const MAX_TITLE_BYTES: usize = 200;
/// Longest name of a time zone, in bytes.
const MAX_ZONE_BYTES: usize = 64;
/// How long a report may take: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(20), Duration::from_secs(1)..=MAX_REPORT_TIMEOUT);

/// All saved reports, at most [`MAX_REPORTS`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportSet(Vec<Report>);

/// A question in SQL with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its name: lower-case letters, digits and `-`.
    pub name: String,
    /// What people call it; its name unless it says.
    pub title: String,
    /// One statement that only reads.
    pub sql: String,
    /// When it is mailed, if it is.
    pub schedule: Option<Schedule>,
    /// The time zone of the schedule.
    pub time_zone: TimeZone,
    /// The names of the receivers to whom it is mailed.
    pub mail: Vec<String>,
    /// Most rows of an answer.
    pub max_rows: usize,
    /// How long it may take.
    pub timeout: Duration,
}

/// A receiver that reports may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportReceiver<'r> {
    /// Its name.
    pub name: &'r str,
    /// Whether it has mail addresses.
    pub has_mail: bool,
}

impl ReportSet {
    /// Reads the sections `[[report]]` of the root. They may name these receivers.
    pub fn read(root: &mut Section<'_>, receivers: &[ReportReceiver<'_>]) -> Self {
        let mut names: Vec<String> = Vec::new();
        let reports = root.sections("report", MAX_REPORTS, |section| {
            let report = Report::read(section, receivers);
            if names.contains(&report.name) {
                section.refuse("name", "is the name of an earlier report");
            }
            names.push(report.name.clone());
            report
        });
        Self(reports)
    }

    /// The report of this name.
    pub fn named(&self, name: &str) -> Option<&Report> {
        self.0.iter().find(|report| report.name == name)
    }

    /// The reports in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Report> {
        self.0.iter()
    }
}

impl Report {
    fn read(section: &mut Section<'_>, receivers: &[ReportReceiver<'_>]) -> Self {
        let name = section.required_text("name", MAX_REPORT_NAME_BYTES);
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !name.chars().all(is_part) {
            section
                .refuse("name", "may have only lower-case letters, digits and -: it is part of an address");
        }
        let title = section.text("title", MAX_TITLE_BYTES, &name);
        let sql = section.required_text("sql", MAX_REPORT_SQL_BYTES);
        if sql.contains('\0') {
            section.refuse("sql", "has a NUL character");
        }
        let mail = read_mail(section, receivers);
        match (section.has("schedule"), section.has("mail")) {
            (false, true) => section.refuse("schedule", "is missing: says when the report is mailed"),
            (true, false) => section.refuse("mail", "is missing: names the receivers of the report"),
            _ => {}
        }
        Self {
            name,
            title,
            sql,
            schedule: section.parsed("schedule"),
            time_zone: read_zone(section),
            mail,
            max_rows: section.integer("max_rows", 1..=MAX_REPORT_ROWS, DEFAULT_REPORT_ROWS),
            timeout: section.duration("timeout", TIMEOUT.1, TIMEOUT.0),
        }
    }

    /// When it is mailed next, if it is.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.schedule.and_then(|schedule| schedule.next_due(&self.time_zone, now))
    }
}

fn read_mail(section: &mut Section<'_>, receivers: &[ReportReceiver<'_>]) -> Vec<String> {
    let mail = section.parsed_set::<String>("mail", MAX_REPORT_RECEIVERS);
    for name in &mail {
        match receivers.iter().find(|receiver| receiver.name == name) {
            Some(ReportReceiver { has_mail: true, .. }) => {}
            Some(_) => section.refuse("mail", format!("the receiver {name:?} has no mail addresses")),
            None => {
                let known: Vec<_> = receivers.iter().map(|receiver| receiver.name).collect();
                section.refuse("mail", format!("{name:?} is no receiver; there are {}", known.join(", ")));
            }
        }
    }
    mail
}

fn read_zone(section: &mut Section<'_>) -> TimeZone {
    let Some(name) = section.optional_text("time_zone", MAX_ZONE_BYTES) else { return TimeZone::UTC };
    TimeZone::get(&name).unwrap_or_else(|_| {
        let reason = "is not a known time zone: must be a name such as \"Europe/Berlin\" or \"UTC\"";
        section.refuse("time_zone", reason);
        TimeZone::UTC
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    const RECEIVERS: [ReportReceiver<'_>; 2] =
        [ReportReceiver { name: "ops", has_mail: true }, ReportReceiver { name: "chat", has_mail: false }];

    fn read(text: &str) -> Result<ReportSet, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(|root| ReportSet::read(root, &RECEIVERS)).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_report_has_a_name_and_sql_and_the_rest_has_defaults() {
        let set = read("[[report]]\nname = \"errors\"\nsql = \"SELECT 1\"").unwrap();
        let report = set.named("errors").unwrap();
        assert_eq!((&report.title[..], report.max_rows), ("errors", DEFAULT_REPORT_ROWS));
        assert_eq!((report.timeout, report.schedule), (Duration::from_secs(20), None));
        assert_eq!((report.mail.len(), set.named("other")), (0, None));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        for (keys, expected) in [
            ("sql = \"SELECT 1\"", "report[0].name: is missing"),
            ("name = \"a\"", "report[0].sql: is missing"),
            ("name = \"a\"\nsql = \"a\\u0000\"", "report[0].sql: has a NUL character"),
            ("name = \"A\"\nsql = \"x\"", "report[0].name: may have only lower-case letters, digits and -"),
            ("name = \"a\"\nsql = \"x\"\nmax_rows = 0", "report[0].max_rows: must be from 1 to 10000"),
            ("name = \"a\"\nsql = \"x\"\nmax_rows = 10001", "report[0].max_rows: must be from 1 to 10000"),
            ("name = \"a\"\nsql = \"x\"\ntimeout = \"6m\"", "report[0].timeout: must be"),
            ("name = \"a\"\nsql = \"x\"\nschedule = \"daily 08:00\"", "report[0].mail: is missing"),
            ("name = \"a\"\nsql = \"x\"\nmail = [\"ops\"]", "report[0].schedule: is missing"),
            (
                "name = \"a\"\nsql = \"x\"\nmail = [\"ops\"]\nschedule = \"hourly\"",
                "report[0].schedule: must be \"daily HH:MM\"",
            ),
            (
                "name = \"a\"\nsql = \"x\"\nmail = [\"dev\"]\nschedule = \"daily 08:00\"",
                "report[0].mail: \"dev\" is no receiver; there are ops, chat",
            ),
            (
                "name = \"a\"\nsql = \"x\"\nmail = [\"chat\"]\nschedule = \"daily 08:00\"",
                "report[0].mail: the receiver \"chat\" has no mail addresses",
            ),
            ("name = \"a\"\nsql = \"x\"\ntime_zone = \"Berlin\"", "report[0].time_zone: is not a known"),
            ("name = \"a\"\nsql = \"x\"\nquery = \"y\"", "report[0].query: unknown key"),
        ] {
            let refused = read(&format!("[[report]]\n{keys}\n")).unwrap_err();
            assert!(refused.contains(expected), "{expected} is not in {refused}");
        }
        let report = "[[report]]\nname = \"a\"\nsql = \"x\"\n";
        let twice = read(&report.repeat(2)).unwrap_err();
        assert!(twice.contains("report[1].name: is the name of an earlier report"), "{twice}");
        let many = read(&report.repeat(MAX_REPORTS + 1)).unwrap_err();
        assert!(many.contains("has 101 items, the limit is 100"), "{many}");
        let long = format!("[[report]]\nname = \"a\"\nsql = \"{}\"", "x".repeat(MAX_REPORT_SQL_BYTES + 1));
        assert!(read(&long).unwrap_err().contains("report[0].sql: "));
    }

    #[test]
    fn the_documented_report_is_valid() {
        let page = include_str!("../../../../docs/reports.md");
        let (_, rest) = page.split_once("```toml\n[[report]]").unwrap();
        let text = format!("[[report]]{}", rest.split_once("```").unwrap().0);
        let documented = read(&text).unwrap();
        assert_eq!(documented.named("errors-by-service").unwrap().mail, ["ops"]);
    }
}
