//! A report as a mail: the first rows in the text, all of them in a file.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use std::fmt::Write as _;
use watchkeeper_domain::{MailAddress, Timestamp, text};
use watchkeeper_ports::{Attachment, Table};
use watchkeeper_query::Report;
use watchkeeper_wire::csv;

/// Rows in the text; the file has all.
pub(super) const MAX_SHOWN_ROWS: usize = 100;
/// Characters of a cell in the text.
const MAX_SHOWN_CELL: usize = 80;
/// Characters of the address' hash in an id.
const HASH: usize = 16;

/// What became of a report.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Answered(Table),
    Failed(String),
}

impl Outcome {
    /// As in the label `outcome`.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "answered",
            Self::Failed(_) => "failed",
        }
    }
}

/// What all recipients of a report get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) attachment: Option<Attachment>,
}

/// The id of the notification: the same for whoever writes it.
pub(super) fn id(report: &Report, at: Timestamp, to: &MailAddress) -> String {
    let hash = HEXLOWER.encode(digest(&SHA256, to.as_str().as_bytes()).as_ref());
    format!("report-{}-{}-{}", report.name, at.as_micros() / 1_000_000, &hash[..HASH])
}

impl Letter {
    /// The mail of a report that was due at `at`.
    pub(super) fn write(report: &Report, at: Timestamp, outcome: &Outcome) -> Self {
        let title = text::line(&report.title).into_owned();
        let due = format!("Report {}, due at {at}.", report.name);
        match outcome {
            Outcome::Failed(reason) => {
                let reason = text::lines(reason);
                let text = format!("{title}\n\nThe report failed: {reason}\n\n{}\n\n{due}\n", report.sql);
                let html = format!(
                    "<h2>{}</h2><p>The report failed: {}</p><pre>{}</pre><p>{}</p>",
                    escaped(&title),
                    escaped(&reason),
                    escaped(&report.sql),
                    escaped(&due),
                );
                Self { subject: format!("Report failed: {title}"), text, html, attachment: None }
            }
            Outcome::Answered(table) => {
                let rest = rest(table);
                let html = format!(
                    "<h2>{}</h2>{}<p>{} {}</p>",
                    escaped(&title),
                    html_table(table),
                    escaped(&rest),
                    escaped(&due)
                );
                Self {
                    subject: format!("Report: {title}"),
                    text: format!("{title}\n\n{}\n{rest}\n{due}\n", text_table(table)),
                    html,
                    attachment: Some(Attachment {
                        name: format!("{}.csv", report.name),
                        media_type: "text/csv; charset=utf-8".to_owned(),
                        text: csv::table(table),
                    }),
                }
            }
        }
    }
}

/// How many rows there are, and where.
fn rest(table: &Table) -> String {
    let rows = table.rows.len();
    let mut said = match rows {
        0 => "No rows.".to_owned(),
        1 => "1 row.".to_owned(),
        _ => format!("{rows} rows."),
    };
    if table.is_cut {
        said += " There are more: the answer is cut at the limit of the report.";
    }
    if rows > MAX_SHOWN_ROWS {
        let _ = write!(said, " The first {MAX_SHOWN_ROWS} are shown; the file has all.");
    }
    said
}

/// A cell as it is shown.
fn shown(cell: &str) -> String {
    let line = text::line(cell);
    let mut chars = line.chars();
    let head: String = chars.by_ref().take(MAX_SHOWN_CELL).collect();
    if chars.next().is_some() { head + "…" } else { head }
}

/// The heading, and the first rows.
fn shown_rows(table: &Table) -> impl Iterator<Item = Vec<String>> {
    let heading = table.columns.iter().map(|name| shown(name)).collect();
    let rows = table.rows.iter().take(MAX_SHOWN_ROWS);
    let rows = rows.map(|row| row.iter().map(|cell| shown(cell.as_deref().unwrap_or_default())).collect());
    std::iter::once(heading).chain(rows)
}

fn text_table(table: &Table) -> String {
    let rows: Vec<Vec<String>> = shown_rows(table).collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> =
        (0..table.columns.len()).map(|column| width(column).unwrap_or_default()).collect();
    let mut out = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

fn html_table(table: &Table) -> String {
    let mut out = "<table border=\"1\" cellpadding=\"4\" style=\"border-collapse:collapse\">".to_owned();
    for (index, row) in shown_rows(table).enumerate() {
        let tag = if index == 0 { "th" } else { "td" };
        out += "<tr>";
        for cell in row {
            let _ = write!(out, "<{tag} align=\"left\">{}</{tag}>", escaped(&cell));
        }
        // Lines of a mail are short.
        out += "</tr>\n";
    }
    out + "</table>"
}

/// Text in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;
    use watchkeeper_query::ReportSet;

    fn report() -> Report {
        let text = "[[report]]\nname = \"errors\"\ntitle = \"Errors <by> service\"\nsql = \"SELECT 1\"";
        let set = Document::parse("a.toml", text).unwrap().read(|root| ReportSet::read(root, &[])).unwrap();
        set.named("errors").unwrap().clone()
    }

    fn written(table: Table) -> Letter {
        Letter::write(&report(), "2026-11-20T08:00:00Z".parse().unwrap(), &Outcome::Answered(table))
    }

    fn table(rows: usize) -> Table {
        let row = |number: usize| vec![Some(format!("shop <{number}>\n")), None];
        Table {
            columns: vec!["service".into(), "errors".into()],
            rows: (0..rows).map(row).collect(),
            is_cut: false,
        }
    }

    #[test]
    fn an_answer_is_a_table_in_text_and_html_and_a_file() {
        let letter = written(table(2));
        assert_eq!(letter.subject, "Report: Errors <by> service");
        assert_eq!(
            letter.text,
            "Errors <by> service\n\nservice    errors\nshop <0>\nshop <1>\n\n2 rows.\n\
             Report errors, due at 2026-11-20T08:00:00Z.\n"
        );
        assert!(letter.html.contains("<td align=\"left\">shop &lt;1&gt; </td>"), "{}", letter.html);
        assert!(letter.html.starts_with("<h2>Errors &lt;by&gt; service</h2>"), "{}", letter.html);
        let file = letter.attachment.unwrap();
        assert_eq!(file.name, "errors.csv");
        assert_eq!(file.text, "service,errors\r\n\"shop <0>\n\",\r\n\"shop <1>\n\",\r\n");
    }

    #[test]
    fn of_a_long_answer_the_first_rows_are_shown_and_the_file_has_all() {
        let letter = written(Table { is_cut: true, ..table(MAX_SHOWN_ROWS + 1) });
        assert!(letter.text.contains(&format!("shop <{}>", MAX_SHOWN_ROWS - 1)));
        assert!(!letter.text.contains(&format!("shop <{MAX_SHOWN_ROWS}>")));
        assert!(letter.text.contains("101 rows. There are more: the answer is cut"), "{}", letter.text);
        assert!(letter.text.contains("The first 100 are shown; the file has all."));
        let file = letter.attachment.unwrap().text;
        assert!(file.contains("shop <100>") && file.contains(csv::CUT));
    }

    #[test]
    fn a_long_cell_is_cut_and_control_characters_are_shown() {
        let cell = format!("\u{1b}[31m{}", "x".repeat(10_000));
        let letter = written(Table { rows: vec![vec![Some(cell), Some("1".into())]], ..table(0) });
        assert!(letter.text.lines().all(|line| line.len() < 200), "{}", letter.text);
        assert!(!letter.text.contains('\u{1b}') && letter.text.contains("\\u{1b}"));
    }

    #[test]
    fn a_report_that_failed_says_why() {
        let outcome = Outcome::Failed("line 1, column 8: no such column: \"<a>\"".into());
        let letter = Letter::write(&report(), Timestamp::MIN, &outcome);
        assert_eq!(letter.subject, "Report failed: Errors <by> service");
        assert!(
            letter.text.contains("The report failed: line 1, column 8: no such column"),
            "{}",
            letter.text
        );
        assert!(letter.text.contains("SELECT 1") && letter.html.contains("&lt;a&gt;"));
        assert_eq!(letter.attachment, None);
    }

    #[test]
    fn an_id_is_of_one_report_one_time_and_one_address_and_fits_a_mail() {
        let address = |text: &str| text.parse::<MailAddress>().unwrap();
        let mut long = report();
        long.name = "a".repeat(watchkeeper_query::MAX_REPORT_NAME_BYTES);
        let id = id(&long, Timestamp::MAX, &address("ops@example.org"));
        assert!(id.len() <= 128, "{}", id.len());
        assert_ne!(id, super::id(&long, Timestamp::MAX, &address("dev@example.org")));
        assert_ne!(id, super::id(&long, Timestamp::MIN, &address("ops@example.org")));
    }
}
