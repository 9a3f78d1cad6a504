//! Finds an event by its id.

use super::rows::{COLUMNS, read};
use super::search::{Ended, Search, existing};
use super::slices::Slices;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::uuid::Uuid;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant as Clock};
use tokio_postgres::types::Type;
use watchkeeper_domain::{Event, EventId, Timestamp};
use watchkeeper_ports::{Order, SEARCH_WITHIN};

/// The instant of an event with a given id.
const GIVEN_AT: &str = "SELECT at FROM event_ids WHERE id = $1";
/// An id without one says when it was made, which most events happened shortly before.
const NEAR: Duration = Duration::from_secs(60);
/// The clocks of most hosts differ by less.
const ABOUT: Duration = Duration::from_secs(60 * 60);

/// The event with this id.
pub(super) async fn find(connection: &mut Connection, id: EventId) -> Result<Option<Event>, Error> {
    let everything = existing(connection, Timestamp::MIN..Timestamp::MAX).await?;
    let mut places = Vec::new();
    if id.is_given() {
        let Some(row) = connection.query_opt(GIVEN_AT, &[&Uuid(id)]).await? else { return Ok(None) };
        let Instant(at) = row.try_get(0)?;
        places.push(at..at.plus(Duration::from_micros(1)));
    } else {
        places.extend(made_at(id).into_iter().flat_map(around));
    }
    let search = Search::begin(connection);
    let mut found = None;
    for place in places {
        if found.is_none() && !place.is_empty() {
            look(&search, id, &place, &mut found).await?;
        }
    }
    let mut slices = Slices::of(everything, Order::NewestFirst);
    while found.is_none()
        && !id.is_given()
        && let Some(slice) = slices.next()
    {
        let began = Clock::now();
        look(&search, id, &slice, &mut found).await?;
        slices.cover(&slice, began.elapsed());
    }
    Ok(found)
}

/// When the id was made, if it is of version 7 (RFC 9562, 5.7).
fn made_at(id: EventId) -> Option<Timestamp> {
    let millis = i64::try_from(id.as_u128() >> 80).ok()?;
    Timestamp::from_micros(millis.checked_mul(1_000)?)
}

fn around(at: Timestamp) -> [Range<Timestamp>; 2] {
    [NEAR, ABOUT].map(|by| at.minus(by)..at.plus(by))
}

async fn look(
    search: &Search<'_>,
    id: EventId,
    time: &Range<Timestamp>,
    found: &mut Option<Event>,
) -> Result<(), Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM event_rows e WHERE e.at >= $1 AND e.at < $2 AND e.id = $3 LIMIT 1");
    let (from, to, id) = (Instant(time.start), Instant(time.end), Uuid(id));
    let params: Vec<(&(dyn tokio_postgres::types::ToSql + Sync), _)> =
        vec![(&from, Type::TIMESTAMPTZ), (&to, Type::TIMESTAMPTZ), (&id, Type::UUID)];
    let ended = search
        .rows(&sql, params, |row| {
            *found = Some(read(row, 0)?);
            Ok(ControlFlow::Continue(()))
        })
        .await?;
    match ended {
        Ended::OutOfTime => {
            Err(Error::Unavailable(format!("the event was not found within {SEARCH_WITHIN:?}")))
        }
        Ended::Complete | Ended::Stopped => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_it_was_made() {
        let at = "2026-11-20T10:00:00.123Z".parse().unwrap();
        assert_eq!(made_at(EventId::of_record(at, 7, 9)), Some(at));
    }
}
