//! Saved reports: questions in SQL with a name, each answered here for every front end.

mod config;
mod schedule;

pub use config::{
    DEFAULT_REPORT_ROWS, MAX_REPORT_NAME_BYTES, MAX_REPORT_RECEIVERS, MAX_REPORT_TIMEOUT, MAX_REPORTS,
    Report, ReportReceiver, ReportSet,
};
pub use schedule::{Schedule, UnknownSchedule};

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_ports::{PortError, REPORT, ReportQuery, Reports, Table};

/// Runs the saved reports.
#[derive(Clone)]
pub struct ReportQueries {
    reports: Arc<dyn Reports>,
    saved: Reloadable<ReportSet>,
}

/// Why a report has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There is no report of this name.
    #[error("there is no report {0:?}")]
    Unknown(String),
    /// The statement is to blame: a person must change it.
    #[error("{0}")]
    Refused(String),
    /// The store is.
    #[error(transparent)]
    Failed(#[from] PortError),
}

impl ReportQueries {
    /// Runs `saved` on `reports`.
    pub fn new(reports: Arc<dyn Reports>, saved: Reloadable<ReportSet>) -> Self {
        Self { reports, saved }
    }

    /// The saved reports.
    pub fn saved(&self) -> Arc<ReportSet> {
        self.saved.current()
    }

    /// Runs the report of this name for at most `most`, or its own timeout if that is shorter.
    ///
    /// # Errors
    /// That there is no such report, or none of its answer.
    pub async fn run_named(&self, name: &str, most: Duration) -> Result<(Report, Table), ReportError> {
        let saved = self.saved();
        let report = saved.named(name).ok_or_else(|| ReportError::Unknown(name.to_owned()))?;
        let report = Report { timeout: report.timeout.min(most), ..report.clone() };
        let table = run_report(&*self.reports, &report).await?;
        Ok((report, table))
    }
}

/// Runs a report.
///
/// # Errors
/// [`ReportError::Refused`] if its statement is to blame, [`ReportError::Failed`] if the store is.
pub async fn run_report(reports: &dyn Reports, report: &Report) -> Result<Table, ReportError> {
    let query = ReportQuery { sql: report.sql.clone(), max_rows: report.max_rows, within: report.timeout };
    reports.run(&query).await.map_err(|error| match error {
        PortError::Rejected { what: REPORT, reason } => ReportError::Refused(reason),
        error => error.into(),
    })
}

#[cfg(test)]
mod tests;
