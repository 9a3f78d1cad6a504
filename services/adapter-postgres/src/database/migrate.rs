//! Migrates the schema to that of this program.

use super::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;

/// The steps so far; released steps are never changed.
const STEPS: [&str; 9] = [
    concat!(
        include_str!("schema.sql"),
        include_str!("../series/schema.sql"),
        include_str!("../samples/schema.sql"),
        include_str!("../alerts/schema.sql"),
        include_str!("../notifications/schema.sql"),
    ),
    include_str!("../positions/topic_ids.sql"),
    include_str!("../earlier/view.sql"),
    include_str!("../samples/notes.sql"),
    include_str!("../notifications/claimed.sql"),
    include_str!("../alerts/acknowledged.sql"),
    include_str!("../alerts/past.sql"),
    include_str!("../incidents/schema.sql"),
    concat!(include_str!("../events/schema.sql"), include_str!("../events/views.sql")),
];

/// Runs the new steps in one transaction. A lock lets one process at a time do so; the others find it done.
pub(super) async fn migrate(connection: &mut Connection, schema: &str) -> Result<(), Error> {
    let transaction = connection.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock(hashtextextended('watchkeeper schema ' || $1, 0))", &[&schema])
        .await?;
    create_schema(&transaction, schema).await?;
    let done = steps_done(&transaction).await?;
    for (version, step) in (1_i64..).zip(STEPS).skip(done) {
        transaction.batch_execute(step).await?;
        transaction.execute("INSERT INTO migrations (version) VALUES ($1)", &[&version]).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Creates the schema unless it exists: the role may be allowed to use it but not to create schemas.
async fn create_schema(transaction: &Transaction<'_>, schema: &str) -> Result<(), Error> {
    let encoding: String = transaction.query_one("SHOW server_encoding", &[]).await?.try_get(0)?;
    if encoding != "UTF8" {
        return Err(Error::Broken(format!("the database's encoding is {encoding}, it must be UTF8")));
    }
    let known = transaction.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await?;
    if known.is_empty() {
        transaction.batch_execute(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    Ok(())
}

/// How many steps the schema has seen. A schema with more steps than this program has is refused: an older
/// program would misread it.
async fn steps_done(transaction: &Transaction<'_>) -> Result<usize, Error> {
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS migrations (
                 version bigint      PRIMARY KEY,
                 made_at timestamptz NOT NULL DEFAULT now()
             )",
        )
        .await?;
    let version: i64 =
        transaction.query_one("SELECT coalesce(max(version), 0) FROM migrations", &[]).await?.try_get(0)?;
    match usize::try_from(version) {
        Ok(done) if done <= STEPS.len() => Ok(done),
        _ => Err(Error::Broken(format!(
            "the schema has version {version}, this program knows versions up to {}: run a newer one",
            STEPS.len()
        ))),
    }
}
