//! Incidents.

use crate::database::{Connection, Database};
use crate::error::Error;
use crate::instant::Instant;
use crate::series::count;
use async_trait::async_trait;
use std::sync::Arc;
use tokio_postgres::Row;
use watchkeeper_domain::{Incident, IncidentUpdate, Maintenance, Timestamp};
use watchkeeper_ports::{IncidentStore, PortError};

const PUT: &str =
    "INSERT INTO incidents (id, title, pages, affected, planned_from, planned_until, updated_at,
         statuses, texts, authors, update_count, ends_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (id) DO UPDATE SET
         title = excluded.title, pages = excluded.pages, affected = excluded.affected,
         planned_from = excluded.planned_from, planned_until = excluded.planned_until,
         updated_at = excluded.updated_at, statuses = excluded.statuses, texts = excluded.texts,
         authors = excluded.authors, update_count = excluded.update_count, ends_at = excluded.ends_at
     WHERE incidents.update_count < excluded.update_count";
const FIND: &str =
    "SELECT id, title, pages, affected, planned_from, planned_until, updated_at, statuses, texts, authors
     FROM incidents WHERE id = $1";
const ENDING_FROM: &str =
    "SELECT id, title, pages, affected, planned_from, planned_until, updated_at, statuses, texts, authors
     FROM incidents WHERE ends_at IS NULL OR ends_at >= $1
     ORDER BY ends_at IS NOT NULL, ends_at DESC, id LIMIT $2";
const PAGE: &str =
    "SELECT id, title, pages, affected, planned_from, planned_until, updated_at, statuses, texts, authors
     FROM incidents WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2";

pub(crate) struct Incidents {
    database: Arc<Database>,
}

impl Incidents {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

#[async_trait]
impl IncidentStore for Incidents {
    async fn put(&self, incident: &Incident) -> Result<bool, PortError> {
        self.database.call(async |connection| put(connection, incident).await).await
    }

    async fn incident(&self, id: &str) -> Result<Option<Incident>, PortError> {
        self.database
            .call(async |connection| connection.query_opt(FIND, &[&id]).await?.as_ref().map(read).transpose())
            .await
    }

    async fn ending_from(&self, instant: Timestamp, limit: usize) -> Result<Vec<Incident>, PortError> {
        self.database
            .call(async |connection| {
                let rows = connection.query(ENDING_FROM, &[&Instant(instant), &count(limit)]).await?;
                rows.iter().map(read).collect()
            })
            .await
    }

    async fn incidents(&self, after: Option<&str>, limit: usize) -> Result<Vec<Incident>, PortError> {
        self.database
            .call(async |connection| {
                let rows = connection.query(PAGE, &[&after, &count(limit)]).await?;
                rows.iter().map(read).collect()
            })
            .await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.database
            .call(async |connection| {
                connection.execute("DELETE FROM incidents WHERE ends_at < $1", &[&Instant(before)]).await
            })
            .await
    }
}

async fn put(connection: &Connection, incident: &Incident) -> Result<bool, Error> {
    let updates = &incident.updates;
    let at: Vec<_> = updates.iter().map(|update| Instant(update.at)).collect();
    let statuses: Vec<_> = updates.iter().map(|update| update.status.name()).collect();
    let texts: Vec<_> = updates.iter().map(|update| update.text.as_str()).collect();
    let authors: Vec<_> = updates.iter().map(|update| update.by.as_str()).collect();
    let stored = connection
        .execute(
            PUT,
            &[
                &incident.id,
                &incident.title,
                &incident.pages,
                &incident.affected,
                &incident.maintenance.map(|planned| Instant(planned.starts_at)),
                &incident.maintenance.map(|planned| Instant(planned.ends_at)),
                &at,
                &statuses,
                &texts,
                &authors,
                &count(updates.len()),
                &incident.ends_at().map(Instant),
            ],
        )
        .await?;
    Ok(stored > 0)
}

fn read(row: &Row) -> Result<Incident, Error> {
    let planned =
        |column| Ok::<_, Error>(row.try_get::<_, Option<Instant>>(column)?.map(|instant| instant.0));
    Ok(Incident {
        id: row.try_get(0)?,
        title: row.try_get(1)?,
        pages: row.try_get(2)?,
        affected: row.try_get(3)?,
        maintenance: planned(4)?
            .zip(planned(5)?)
            .map(|(starts_at, ends_at)| Maintenance { starts_at, ends_at }),
        updates: updates(row)?,
    })
}

fn updates(row: &Row) -> Result<Vec<IncidentUpdate>, Error> {
    let (at, statuses): (Vec<Instant>, Vec<&str>) = (row.try_get(6)?, row.try_get(7)?);
    let (texts, authors): (Vec<String>, Vec<String>) = (row.try_get(8)?, row.try_get(9)?);
    let columns = at.into_iter().zip(statuses).zip(texts).zip(authors);
    columns
        .map(|(((at, status), text), by)| {
            let unknown = |error| Error::Broken(format!("an incident has the status {status:?}: it {error}"));
            Ok(IncidentUpdate { at: at.0, status: status.parse().map_err(unknown)?, text, by })
        })
        .collect()
}
