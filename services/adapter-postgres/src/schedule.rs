//! When periodic jobs last began.

use crate::database::Database;
use crate::instant::Instant;
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, ScheduleStore};

const MARK: &str =
    "INSERT INTO marks (owner, name, at) SELECT $1, * FROM unnest($2::text[], $3::timestamptz[])
     ON CONFLICT (owner, name) DO UPDATE SET at = excluded.at";

pub(crate) struct Schedule {
    database: Arc<Database>,
}

impl Schedule {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

#[async_trait]
impl ScheduleStore for Schedule {
    async fn marks(&self, owner: &str) -> Result<HashMap<String, Timestamp>, PortError> {
        self.database
            .call(async |connection| {
                let rows = connection.query("SELECT name, at FROM marks WHERE owner = $1", &[&owner]).await?;
                rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<_, Instant>(1)?.0))).collect()
            })
            .await
    }

    async fn mark(&self, owner: &str, marks: &[(String, Timestamp)]) -> Result<(), PortError> {
        // A fixed order avoids deadlocks; the last mark of one name wins.
        let last: BTreeMap<&str, Timestamp> = marks.iter().map(|(name, at)| (name.as_str(), *at)).collect();
        let names: Vec<_> = last.keys().copied().collect();
        let instants: Vec<_> = last.values().copied().map(Instant).collect();
        self.database
            .call(async |connection| {
                connection.execute(MARK, &[&owner, &names, &instants]).await?;
                Ok(())
            })
            .await
    }
}
