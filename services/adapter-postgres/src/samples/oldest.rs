//! Finds the oldest sample without reading younger days.

use crate::database::Connection;
use crate::days::{self, SAMPLES};
use crate::error::Error;
use crate::instant::Instant;
use watchkeeper_domain::Timestamp;

/// The oldest sample of one day: the minimum over the first of each series.
const OLDEST_OF: &str =
    "SELECT min((SELECT at FROM samples WHERE series_id = series.id AND at >= $1 AND at < $2
                                     ORDER BY at LIMIT 1)) FROM series";

/// The instant of the oldest sample of any series.
pub(super) async fn oldest(connection: &Connection) -> Result<Option<Timestamp>, Error> {
    for day in days::existing(connection, &SAMPLES).await? {
        let (from, to) = (Instant(day.start()), Instant(day.next().start()));
        let row = connection.query_opt(OLDEST_OF, &[&from, &to]).await?;
        let oldest: Option<Option<Instant>> = row.map(|row| row.try_get(0)).transpose()?;
        if let Some(Instant(at)) = oldest.flatten() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}
