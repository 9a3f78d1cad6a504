//! Reports in SQL, in a transaction that only reads.

use crate::database::Database;
use crate::error::Error;
use crate::options::PostgresOptions;
use async_trait::async_trait;
use deadpool_postgres::Transaction;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};
use watchkeeper_ports::{PortError, REPORT, ReportQuery, Reports, Table, TableBuilder};

/// In front of a statement, so that its rows can be fetched a few at a time. It takes only what reads.
const DECLARE: &str = "DECLARE report NO SCROLL CURSOR FOR ";
/// The next rows.
const FETCH: &str = "FETCH FORWARD 200 FROM report";
/// Settings of the transaction: those of the server in place of those that suit this program's own statements.
const SETTINGS: &str = "SET TRANSACTION READ ONLY;
    SET LOCAL \"TimeZone\" = 'UTC';
    SET LOCAL \"DateStyle\" = 'ISO';
    SET LOCAL enable_bitmapscan = on;
    SET LOCAL enable_sort = on";
/// What a statement gets at least, so that one that is late is ended by the server, which says so.
const LEAST: Duration = Duration::from_millis(1);

/// Reports on one schema.
pub(crate) struct SqlReports {
    database: Arc<Database>,
    role: Option<String>,
}

impl SqlReports {
    pub(crate) fn new(database: Arc<Database>, options: &PostgresOptions) -> Self {
        Self { database, role: options.report_role.clone() }
    }

    /// The statements at the beginning of a transaction.
    fn settings(&self) -> String {
        match &self.role {
            Some(role) => format!("{SETTINGS}; SET LOCAL ROLE \"{}\"", role.replace('"', "\"\"")),
            None => SETTINGS.to_owned(),
        }
    }
}

#[async_trait]
impl Reports for SqlReports {
    async fn run(&self, query: &ReportQuery) -> Result<Table, PortError> {
        let reading = Reading { query, deadline: Instant::now() + query.within };
        self.database
            .many_calls(async |connection| {
                let transaction = connection.transaction().await?;
                let table = reading.table(&transaction, &self.settings()).await?;
                transaction.rollback().await?;
                Ok(table)
            })
            .await
    }
}

/// The run of a report.
struct Reading<'q> {
    query: &'q ReportQuery,
    deadline: Instant,
}

impl Reading<'_> {
    async fn table(&self, transaction: &Transaction<'_>, settings: &str) -> Result<Table, Error> {
        if self.query.sql.contains('\0') {
            return Err(ReportQuery::refused("has a NUL character").into());
        }
        let set = transaction.batch_execute(settings).await;
        set.map_err(|error| self.failed(error, "cannot become the role of reports: "))?;
        self.limit(transaction).await?;
        // As a prepared statement, which is one statement and no more.
        let declare = format!("{DECLARE}{}", self.query.sql);
        let statement = transaction.prepare(&declare).await.map_err(|error| self.failed(error, ""))?;
        if !statement.params().is_empty() {
            return Err(ReportQuery::refused("has parameters, which nobody gives a value").into());
        }
        transaction.execute(&statement, &[]).await.map_err(|error| self.failed(error, ""))?;
        let mut table = None;
        loop {
            self.limit(transaction).await?;
            let answer = transaction.simple_query(FETCH).await.map_err(|error| self.failed(error, ""))?;
            let mut rows = 0_usize;
            for message in answer {
                match (message, &mut table) {
                    (SimpleQueryMessage::RowDescription(columns), table @ None) => {
                        let names = columns.iter().map(|column| column.name().to_owned()).collect();
                        *table = Some(TableBuilder::new(self.query, names)?);
                    }
                    (SimpleQueryMessage::Row(row), Some(table)) => {
                        rows += 1;
                        let cells = (0..row.len()).map(|column| row.get(column).map(str::to_owned));
                        if !table.push(cells.collect()) {
                            rows = 0;
                            break;
                        }
                    }
                    _ => {}
                }
            }
            if rows == 0 {
                break;
            }
        }
        let nothing = || Error::Broken("the answer has no description".to_owned());
        Ok(table.ok_or_else(nothing)?.finish())
    }

    /// Gives the next statement the time that is left.
    async fn limit(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        let left = self.deadline.saturating_duration_since(Instant::now()).max(LEAST);
        let limit = format!("SET LOCAL statement_timeout = {}", left.as_millis());
        Ok(transaction.batch_execute(&limit).await?)
    }

    /// What the server says is the statement's fault, unless it passes.
    fn failed(&self, error: tokio_postgres::Error, doing: &str) -> Error {
        match error.as_db_error() {
            Some(answer) if *answer.code() == SqlState::QUERY_CANCELED => self.query.too_slow().into(),
            Some(answer) if is_passing(answer.code().code()) => {
                PortError::Unavailable { what: REPORT, reason: answer.message().to_owned() }.into()
            }
            Some(answer) => ReportQuery::refused(format!("{doing}{}", self.said(answer))).into(),
            // What cannot even be sent is the statement's fault, too: it stops nobody.
            None => match error.into() {
                Error::Broken(reason) => ReportQuery::refused(reason).into(),
                other => other,
            },
        }
    }

    /// What the server says, and where in the statement.
    fn said(&self, answer: &DbError) -> String {
        let place = match answer.position() {
            Some(ErrorPosition::Original(position)) => self.place(*position),
            _ => None,
        };
        let mut said = place.map(|place| format!("{place}: ")).unwrap_or_default();
        said += answer.message();
        for more in [answer.detail(), answer.hint()].into_iter().flatten() {
            said = format!("{said}; {more}");
        }
        format!("{said} (SQLSTATE {})", answer.code().code())
    }

    /// Where the character at `position`, from 1, of the whole command is in the statement.
    fn place(&self, position: u32) -> Option<String> {
        let characters = usize::try_from(position).ok()?.checked_sub(1 + DECLARE.len())?;
        let offset = self.query.sql.char_indices().nth(characters).map_or(self.query.sql.len(), |(at, _)| at);
        Some(self.query.place(offset))
    }
}

/// Whether the server is to blame, and the same statement may succeed later. Of what is an outage to this program's own
/// statements, some is the fault of a report: it writes, or needs more room than it may have.
fn is_passing(code: &str) -> bool {
    match code {
        // The limit of temporary files; a lock that is held.
        "53400" => false,
        "55P03" => true,
        // Connection; rolled back; resources; operator; the system around it.
        _ => matches!(code.get(..2), Some("08" | "40" | "53" | "57" | "58")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_report_is_to_blame_for_is_no_outage() {
        for code in ["08006", "40001", "53100", "53300", "55P03", "57P01", "57P03", "58030"] {
            assert!(is_passing(code), "{code}");
        }
        // It writes; it has no such sequence yet; too many temporary files; and what is wrong with the statement.
        for code in ["25006", "55000", "53400", "42601", "42501", "22012", "0A000", "XX000", ""] {
            assert!(!is_passing(code), "{code}");
        }
    }
}
