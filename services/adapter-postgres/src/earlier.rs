//! The table `metrics` of the previous platform. The schema has a view of this shape over the samples stored
//! here (`view.sql`); [`PostgresMetricsTable`] reads such a table elsewhere.

mod rows;
mod table;

use crate::database::{Connection, Pool};
use crate::error::Error;
use crate::options::PostgresOptions;
use async_trait::async_trait;
use table::Table;
use tokio::sync::OnceCell;
use watchkeeper_ports::{MetricsRow, MetricsTable, PortError, TableExtent};

/// The dependency's name for operators.
const WHAT: &str = "the table metrics";

/// The table `metrics` in a database of the previous platform, on any supported version of PostgreSQL. All
/// transactions are read-only.
pub struct PostgresMetricsTable {
    pool: Pool,
    found: OnceCell<Table>,
}

impl PostgresMetricsTable {
    /// Creates the pool; requires a tokio runtime. Connects on first use. The schema option is ignored: the
    /// table is looked up in the `search_path`, then in `public`.
    ///
    /// # Errors
    /// [`PortError::Broken`] when an option is not valid.
    pub fn connect(options: &PostgresOptions) -> Result<Self, PortError> {
        let timeout = options.statement_timeout.as_millis();
        let settings = format!(
            "SET default_transaction_read_only = on;
             SET statement_timeout = {timeout};
             SET idle_in_transaction_session_timeout = {timeout}"
        );
        let pool = Pool::new(options, settings).map_err(named)?;
        Ok(Self { pool, found: OnceCell::new() })
    }

    /// Finds the table, then runs `work` with it.
    async fn call<T>(
        &self,
        work: impl AsyncFnOnce(&Connection, &Table) -> Result<T, Error>,
    ) -> Result<T, PortError> {
        let working = async {
            let connection = self.pool.get().await?;
            let found = self.found.get_or_try_init(|| table::find(&connection)).await?;
            let answer = work(&connection, found).await?;
            connection.release();
            Ok(answer)
        };
        self.pool.within_a_call(working).await.map_err(named)
    }
}

#[async_trait]
impl MetricsTable for PostgresMetricsTable {
    async fn extent(&self) -> Result<TableExtent, PortError> {
        self.call(async |connection, table| rows::extent(connection, table).await).await
    }

    async fn rows(&self, from: u64, limit: usize) -> Result<Vec<MetricsRow>, PortError> {
        self.call(async |connection, table| rows::rows(connection, table, from, limit).await).await
    }
}

fn named(error: Error) -> PortError {
    match error {
        Error::Unavailable(reason) => PortError::Unavailable { what: WHAT, reason },
        Error::Rejected(reason) => PortError::Rejected { what: WHAT, reason },
        Error::Broken(reason) => PortError::Broken { what: WHAT, reason },
        other => other.into(),
    }
}
