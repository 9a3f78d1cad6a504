//! Stores events.

use super::copy::{COPY, Row, Writer};
use super::names::Interned;
use super::{Events, counts, given};
use crate::database::Connection;
use crate::days::Day;
use crate::error::Error;
use crate::instant::Instant;
use crate::positions;
use crate::uuid::Uuid;
use deadpool_postgres::Transaction;
use futures_util::SinkExt as _;
use std::collections::{BTreeSet, HashSet};
use std::pin::pin;
use std::sync::atomic::Ordering;
use tokio_postgres::error::SqlState;
use watchkeeper_domain::{Event, EventId, Timestamp};
use watchkeeper_ports::{Append, Appended, EventKey, Processed};

const INSERT: &str = "INSERT INTO event_rows (at, id, level, service_id, host_id, message, fields)
     SELECT at, id, level, service_id, host_id, message, fields::jsonb
         FROM unnest($1::timestamptz[], $2::uuid[], $3::smallint[], $4::integer[], $5::integer[], $6::text[],
                     $7::text[]) AS new (at, id, level, service_id, host_id, message, fields)
     ON CONFLICT (at, id) DO NOTHING RETURNING at, id";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By COPY, which fails on duplicates.
    Copy,
    /// By INSERT, which skips them.
    Insert,
}

/// Which events were stored.
enum Stored {
    /// All.
    All,
    /// Those at these places.
    These(BTreeSet<EventKey>),
    /// None: there was a duplicate, so COPY has failed.
    Repeated,
}

impl Events {
    /// Commits the positions, stores the events and adds to the counts. Tries COPY first, unless the last append had
    /// duplicates.
    pub(super) async fn store(
        &self,
        connection: &mut Connection,
        batch: &Append<Processed>,
        now: Timestamp,
    ) -> Result<Appended, Error> {
        let stored = batch.items.iter().filter(|item| item.is_stored);
        let days = stored.map(|item| Day::of(item.event.occurred_at)).collect();
        self.days.provide(connection, days, now).await?;
        let mut way = if self.has_repeated.load(Ordering::Relaxed) { Way::Insert } else { Way::Copy };
        loop {
            match self.transact(connection, batch, way).await? {
                Some(appended) => {
                    self.has_repeated.store(appended.repeated > 0, Ordering::Relaxed);
                    return Ok(appended);
                }
                None => way = Way::Insert,
            }
        }
    }

    /// `None` if nothing is stored, because COPY found a duplicate.
    async fn transact(
        &self,
        connection: &mut Connection,
        batch: &Append<Processed>,
        way: Way,
    ) -> Result<Option<Appended>, Error> {
        let transaction = connection.transaction().await?;
        // First, because it locks the positions: a zombie fails here, before it writes a row.
        positions::advance(&transaction, &batch.advances).await?;
        if batch.items.is_empty() {
            transaction.commit().await?;
            return Ok(Some(Appended::default()));
        }
        let mut items = first_of_each(&batch.items);
        let known = given::note(&transaction, items.iter().map(|item| &item.event)).await?;
        items.retain(|item| !known.contains(&item.event.id));
        let events = || items.iter().map(|item| &item.event);
        let services =
            self.services.intern(&transaction, events().map(|event| event.service.as_str())).await?;
        let hosts = self.hosts.intern(&transaction, events().map(|event| event.host.as_str())).await?;
        let rows = || rows(events(), &services, &hosts);
        let only_counted = || batch.items.iter().filter(|item| !item.is_stored);
        let mut tally = None;
        let stored = match way {
            Way::Copy => {
                let meanwhile = || tally = Some(counts::tally(items.iter().copied().chain(only_counted())));
                copy(&transaction, rows(), meanwhile).await
            }
            Way::Insert => insert(&transaction, &rows().collect::<Result<Vec<_>, _>>()?).await,
        };
        match stored.inspect_err(|error| self.forget_days(error))? {
            Stored::All => {}
            Stored::These(keys) => items.retain(|item| keys.contains(&EventKey::of(&item.event))),
            Stored::Repeated => {
                transaction.rollback().await?;
                return Ok(None);
            }
        }
        // Last, because others who count the same minute wait from here until the commit.
        let tally = tally.unwrap_or_else(|| counts::tally(items.iter().copied().chain(only_counted())));
        counts::add(&transaction, tally).await?;
        transaction.commit().await?;
        // Only now: numbers of a rolled back transaction do not exist.
        self.services.remember(services);
        self.hosts.remember(hosts);
        let given = batch.items.iter().filter(|item| item.is_stored).count() as u64;
        let stored = items.len() as u64;
        Ok(Some(Appended { stored, repeated: given - stored }))
    }

    fn forget_days(&self, error: &Error) {
        if *error == Error::NoSuchDay {
            self.days.forget();
        }
    }
}

/// The items to store, without twins, in the order of the index, so that each of its pages is visited once and concurrent
/// transactions do not deadlock.
fn first_of_each(items: &[Processed]) -> Vec<&Processed> {
    let mut given: HashSet<EventId> = HashSet::new();
    let is_first = |item: &&Processed| !item.event.id.is_given() || given.insert(item.event.id);
    let mut first: Vec<_> = items.iter().filter(|item| item.is_stored).filter(is_first).collect();
    first.sort_by_key(|item| EventKey::of(&item.event));
    first.dedup_by_key(|item| EventKey::of(&item.event));
    first
}

fn rows<'e>(
    events: impl Iterator<Item = &'e Event>,
    services: &Interned,
    hosts: &Interned,
) -> impl Iterator<Item = Result<Row<'e>, Error>> {
    events.map(|event| {
        let (service_id, host_id) = (services.id(&event.service)?, hosts.id(&event.host)?);
        Ok(Row { event, service_id, host_id })
    })
}

/// Calls `meanwhile` while the server is still busy with the last rows.
async fn copy(
    transaction: &Transaction<'_>,
    rows: impl Iterator<Item = Result<Row<'_>, Error>>,
    meanwhile: impl FnOnce(),
) -> Result<Stored, Error> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(Stored::All);
    }
    let statement = transaction.prepare_cached(COPY).await?;
    let mut sink = pin!(transaction.copy_in(&statement).await?);
    let mut writer = Writer::new();
    for row in rows {
        if let Some(piece) = writer.put(row?)? {
            sink.send(piece).await?;
        }
    }
    sink.send(writer.finish()).await?;
    meanwhile();
    match sink.finish().await {
        Ok(_) => Ok(Stored::All),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(Stored::Repeated),
        Err(error) => Err(error.into()),
    }
}

async fn insert(transaction: &Transaction<'_>, rows: &[Row<'_>]) -> Result<Stored, Error> {
    let instants: Vec<_> = rows.iter().map(|row| Instant(row.event.occurred_at)).collect();
    let ids: Vec<_> = rows.iter().map(|row| Uuid(row.event.id)).collect();
    let levels: Vec<_> = rows.iter().map(|row| i16::from(row.event.level.number())).collect();
    let services: Vec<_> = rows.iter().map(|row| row.service_id).collect();
    let hosts: Vec<_> = rows.iter().map(|row| row.host_id).collect();
    let messages: Vec<_> = rows.iter().map(|row| row.event.message.as_str()).collect();
    let fields: Result<Vec<_>, _> = rows.iter().map(|row| serde_json::to_string(&row.event.fields)).collect();
    let fields = fields.map_err(|error| Error::Rejected(format!("fields: {error}")))?;
    let insert = transaction.prepare_cached(INSERT).await?;
    let new = transaction
        .query(&insert, &[&instants, &ids, &levels, &services, &hosts, &messages, &fields])
        .await?;
    let key = |row: &tokio_postgres::Row| {
        let (Instant(occurred_at), Uuid(id)) = (row.try_get(0)?, row.try_get(1)?);
        Ok(EventKey { occurred_at, id })
    };
    Ok(Stored::These(new.iter().map(key).collect::<Result<_, Error>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Level;
    use watchkeeper_domain::event::Fields;

    fn item(id: EventId, micros: i64, message: &str) -> Processed {
        Processed::stored(Event {
            id,
            occurred_at: Timestamp::from_micros(micros).unwrap(),
            level: Level::Info,
            service: String::new(),
            host: String::new(),
            message: message.to_owned(),
            fields: Fields::new(),
        })
    }

    #[test]
    fn of_twins_the_first_is_stored_and_a_given_id_is_one_at_any_time() {
        let (given, made) = (EventId::given("a"), EventId::of_record(Timestamp::MIN, 1, 1));
        let dropped = Processed { is_stored: false, ..item(EventId::given("b"), 0, "dropped") };
        let items = [
            item(given, 5, "1"),
            item(made, 2, "2"),
            dropped,
            item(given, 1, "twin"),
            item(made, 2, "twin"),
            item(made, 3, "3"),
        ];
        let messages: Vec<_> = first_of_each(&items).iter().map(|item| item.event.message.as_str()).collect();
        assert_eq!(messages, ["2", "3", "1"]);
    }
}
