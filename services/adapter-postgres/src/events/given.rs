//! Ids that producers gave.

use crate::error::Error;
use crate::instant::Instant;
use crate::uuid::Uuid;
use deadpool_postgres::Transaction;
use std::collections::HashSet;
use watchkeeper_domain::{Event, EventId};

const ADD: &str = "INSERT INTO event_ids (id, at) SELECT * FROM unnest($1::uuid[], $2::timestamptz[])
     ON CONFLICT (id) DO NOTHING RETURNING id";

/// Notes the given ids among these events; returns those that had been noted before. Each id is there once.
pub(super) async fn note(
    transaction: &Transaction<'_>,
    events: impl Iterator<Item = &Event>,
) -> Result<HashSet<EventId>, Error> {
    let mut given: Vec<_> = events.filter(|event| event.id.is_given()).collect();
    if given.is_empty() {
        return Ok(HashSet::new());
    }
    // A fixed order avoids deadlocks.
    given.sort_unstable_by_key(|event| event.id);
    let ids: Vec<_> = given.iter().map(|event| Uuid(event.id)).collect();
    let instants: Vec<_> = given.iter().map(|event| Instant(event.occurred_at)).collect();
    let add = transaction.prepare_cached(ADD).await?;
    let mut repeated: HashSet<_> = given.iter().map(|event| event.id).collect();
    for row in transaction.query(&add, &[&ids, &instants]).await? {
        repeated.remove(&row.try_get::<_, Uuid>(0)?.0);
    }
    Ok(repeated)
}
