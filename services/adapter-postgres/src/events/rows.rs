//! Events as rows.

use crate::error::Error;
use crate::instant::Instant;
use crate::uuid::Uuid;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, Level};

/// The columns of an event, for [`read`]: of the table `e`.
pub(super) const COLUMNS: &str = "e.at, e.id, e.level,
     (SELECT name FROM event_services WHERE event_services.id = e.service_id),
     (SELECT name FROM event_hosts WHERE event_hosts.id = e.host_id), e.message, e.fields";

/// The event in the columns from `first` on.
pub(super) fn read(row: &Row, first: usize) -> Result<Event, Error> {
    Ok(Event {
        occurred_at: row.try_get::<_, Instant>(first)?.0,
        id: row.try_get::<_, Uuid>(first + 1)?.0,
        level: level(row.try_get(first + 2)?)?,
        service: row.try_get(first + 3)?,
        host: row.try_get(first + 4)?,
        message: row.try_get(first + 5)?,
        fields: row.try_get::<_, Json<Fields>>(first + 6)?.0,
    })
}

/// The level with this number.
pub(super) fn level(number: i16) -> Result<Level, Error> {
    let level = u8::try_from(number).ok().and_then(Level::from_number);
    level.ok_or_else(|| Error::Broken(format!("a row has the level {number}")))
}
