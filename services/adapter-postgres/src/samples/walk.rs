//! All samples in a range of time, page by page.

use super::rows::note;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series::{columns, count};
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::SampleKey;

/// Series by key from where the page continues, and the samples of each: of the first series only later ones.
/// One index range scan for each series. Rows come in this order, and no series yields more than the page:
/// the final sort handles one series of the page after another.
const ONWARDS: &str = "SELECT id, sample.at, sample.value, sample.note, source, name, unit, labels
     FROM (SELECT *, left(key, 512) AS head FROM series
           WHERE left(key, 512) >= left($1, 512) AND key >= $1 ORDER BY left(key, 512), key) series
     CROSS JOIN LATERAL (SELECT at, value, note FROM samples
                         WHERE series_id = id AND at >= $3 AND at < $4
                             AND at > CASE key WHEN $1 THEN $2 ELSE '-infinity'::timestamptz END
                         ORDER BY at LIMIT $5) sample
     ORDER BY head, key, sample.at LIMIT $5";

/// The samples collected in `time` after the given one, by series and instant.
pub(super) async fn samples(
    connection: &Connection,
    time: Range<Timestamp>,
    after: Option<&SampleKey>,
    limit: usize,
) -> Result<Vec<Sample>, Error> {
    // No series has the empty key: all come after it.
    let (key, at) = after.map_or(("", Timestamp::MIN), |after| (&after.series_key, after.collected_at));
    let (at, from, to) = (Instant(at), Instant(time.start), Instant(time.end));
    let rows = connection.query(ONWARDS, &[&key, &at, &from, &to, &count(limit)]).await?;
    let (mut found, mut current): (_, Option<(i64, Arc<Series>)>) = (Vec::with_capacity(rows.len()), None);
    for row in rows {
        let id = row.try_get(0)?;
        let series = match current.take() {
            Some((current_id, series)) if current_id == id => series,
            _ => columns::read(&row, 4)?,
        };
        current = Some((id, Arc::clone(&series)));
        let collected_at = row.try_get::<_, Instant>(1)?.0;
        found.push(Sample { series, collected_at, value: row.try_get(2)?, note: note(&row, 3)? });
    }
    Ok(found)
}
