//! Numbers of events by minute.

use super::rows::level;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::uuid::Uuid;
use deadpool_postgres::Transaction;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;
use tokio_postgres::types::Json;
use watchkeeper_domain::event::{Count, CountKey, EVENTS};
use watchkeeper_domain::{EventId, Level, Timestamp};
use watchkeeper_ports::Processed;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

const ADD: &str = "INSERT INTO event_minutes AS known (minute, key, name, service, level, labels, events)
     SELECT * FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::jsonb[],
                          $7::bigint[])
     ON CONFLICT (minute, key) DO UPDATE SET events = known.events + excluded.events";
const FIND: &str = "SELECT minute, service, level, labels, events FROM event_minutes
     WHERE name = $1 AND minute >= $2 AND minute < $3";

/// Events by minute and what is counted. Looked up for each event, so with a hash that is faster than the standard one.
pub(super) type Tally<'p> = HashMap<(Timestamp, Key<'p>), i64, foldhash::fast::RandomState>;

/// What is counted, without owning it.
type Key<'p> = (&'p str, &'p str, Level, Option<&'p BTreeMap<String, String>>);

/// Adds events to the counts.
pub(super) async fn add(transaction: &Transaction<'_>, tally: Tally<'_>) -> Result<(), Error> {
    if tally.is_empty() {
        return Ok(());
    }
    let no_labels = BTreeMap::new();
    // In the order of the index, to avoid deadlocks.
    let mut rows: Vec<_> =
        tally.into_iter().map(|((minute, key), events)| (minute, Uuid(digest(&key)), key, events)).collect();
    rows.sort_unstable_by_key(|(minute, digest, ..)| (*minute, *digest));
    let minutes: Vec<_> = rows.iter().map(|(minute, ..)| Instant(*minute)).collect();
    let keys: Vec<_> = rows.iter().map(|(_, digest, ..)| *digest).collect();
    let names: Vec<_> = rows.iter().map(|(_, _, key, _)| key.0).collect();
    let services: Vec<_> = rows.iter().map(|(_, _, key, _)| key.1).collect();
    let levels: Vec<_> = rows.iter().map(|(_, _, key, _)| i16::from(key.2.number())).collect();
    let labels: Vec<_> = rows.iter().map(|(_, _, key, _)| Json(key.3.unwrap_or(&no_labels))).collect();
    let events: Vec<_> = rows.iter().map(|(.., events)| *events).collect();
    let add = transaction.prepare_cached(ADD).await?;
    transaction.execute(&add, &[&minutes, &keys, &names, &services, &levels, &labels, &events]).await?;
    Ok(())
}

/// Counts events.
pub(super) fn tally<'p>(items: impl Iterator<Item = &'p Processed>) -> Tally<'p> {
    let mut tally = Tally::default();
    for Processed { event, is_stored, counts, .. } in items {
        let minute = event.occurred_at.window_start(MINUTE);
        if *is_stored {
            *tally.entry((minute, (EVENTS, event.service.as_str(), event.level, None))).or_default() += 1;
        }
        for CountKey { name, service, level, labels } in counts {
            let labels = Some(labels).filter(|labels| !labels.is_empty());
            *tally.entry((minute, (name.as_str(), service.as_str(), *level, labels))).or_default() += 1;
        }
    }
    tally
}

/// Tells keys apart, however long their labels are.
fn digest((name, service, level, labels): &Key<'_>) -> EventId {
    let parts = serde_json::json!([name, service, level.number(), labels]);
    EventId::given(&parts.to_string())
}

/// The counts of that name in a range of time: by minute, then by key.
pub(super) async fn find(
    connection: &Connection,
    name: &str,
    time: Range<Timestamp>,
) -> Result<Vec<Count>, Error> {
    let rows = connection.query(FIND, &[&name, &Instant(time.start), &Instant(time.end)]).await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in &rows {
        let key = CountKey {
            name: name.to_owned(),
            service: row.try_get(1)?,
            level: level(row.try_get(2)?)?,
            labels: row.try_get::<_, Json<_>>(3)?.0,
        };
        let events = row.try_get::<_, i64>(4)?.unsigned_abs();
        counts.push(Count { minute: row.try_get::<_, Instant>(0)?.0, key, events });
    }
    counts.sort_unstable_by(|one, other| (one.minute, &one.key).cmp(&(other.minute, &other.key)));
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_by_all_their_parts() {
        let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let key = ("errors", "shop", Level::Error, Some(&labels));
        assert_eq!(digest(&key), digest(&key));
        let others = [
            ("error", "sshop", Level::Error, Some(&labels)),
            ("errors", "shop", Level::Warn, Some(&labels)),
            ("errors", "shop", Level::Error, None),
        ];
        assert!(others.iter().all(|other| digest(other) != digest(&key)));
    }
}
