//! Silences.

use crate::database::{Connection, Database};
use crate::error::Error;
use crate::instant::Instant;
use crate::series::count;
use async_trait::async_trait;
use std::sync::Arc;
use tokio_postgres::Row;
use watchkeeper_domain::{Matcher, Matchers, Silence, Timestamp};
use watchkeeper_ports::{PortError, SilenceStore};

const PUT: &str = "INSERT INTO silences (id, matchers, starts_at, ends_at, created_by, comment)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET
         matchers = excluded.matchers, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
         created_by = excluded.created_by, comment = excluded.comment";
const FIND: &str = "SELECT id, matchers, starts_at, ends_at, created_by, comment FROM silences WHERE id = $1";
const ENDING_AFTER: &str = "SELECT id, matchers, starts_at, ends_at, created_by, comment FROM silences
     WHERE ends_at > $1 ORDER BY ends_at, id LIMIT $2";

pub(crate) struct Silences {
    database: Arc<Database>,
}

impl Silences {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

#[async_trait]
impl SilenceStore for Silences {
    async fn put(&self, silence: &Silence) -> Result<(), PortError> {
        let matchers = written(&silence.matchers)?;
        self.database.call(async |connection| put(connection, silence, &matchers).await).await
    }

    async fn silence(&self, id: &str) -> Result<Option<Silence>, PortError> {
        self.database
            .call(async |connection| connection.query_opt(FIND, &[&id]).await?.as_ref().map(read).transpose())
            .await
    }

    async fn ending_after(&self, instant: Timestamp, limit: usize) -> Result<Vec<Silence>, PortError> {
        self.database
            .call(async |connection| {
                let rows = connection.query(ENDING_AFTER, &[&Instant(instant), &count(limit)]).await?;
                rows.iter().map(read).collect()
            })
            .await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.database
            .call(async |connection| {
                connection.execute("DELETE FROM silences WHERE ends_at < $1", &[&Instant(before)]).await
            })
            .await
    }
}

async fn put(connection: &Connection, silence: &Silence, matchers: &[String]) -> Result<(), Error> {
    connection
        .execute(
            PUT,
            &[
                &silence.id,
                &matchers,
                &Instant(silence.starts_at),
                &Instant(silence.ends_at),
                &silence.created_by,
                &silence.comment,
            ],
        )
        .await?;
    Ok(())
}

fn read(row: &Row) -> Result<Silence, Error> {
    let matchers: Vec<String> = row.try_get(1)?;
    Ok(Silence {
        id: row.try_get(0)?,
        matchers: parsed(&matchers)
            .map_err(|reason| Error::Broken(format!("a silence has invalid matchers: {reason}")))?,
        starts_at: row.try_get::<_, Instant>(2)?.0,
        ends_at: row.try_get::<_, Instant>(3)?.0,
        created_by: row.try_get(4)?,
        comment: row.try_get(5)?,
    })
}

/// The matchers as text, if they parse back from it: a matcher that was not parsed from text may be longer
/// than allowed.
fn written(matchers: &Matchers) -> Result<Vec<String>, Error> {
    let texts: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    parsed(&texts).map_err(|reason| Error::Rejected(format!("matchers: {reason}")))?;
    Ok(texts)
}

fn parsed(texts: &[String]) -> Result<Matchers, String> {
    let matchers: Result<Vec<Matcher>, _> = texts.iter().map(|text| text.parse()).collect();
    Matchers::new(matchers.map_err(|error| error.to_string())?).map_err(|violation| violation.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::MAX_MATCHER_BYTES;

    #[test]
    fn a_matcher_that_could_not_be_read_back_is_refused() {
        let matchers = Matchers::new(vec![Matcher::equal("host", "x".repeat(MAX_MATCHER_BYTES))]).unwrap();
        let Err(Error::Rejected(reason)) = written(&matchers) else { panic!("it is too long") };
        assert!(reason.starts_with("matchers: ") && reason.contains("the limit is"), "{reason}");
    }
}
