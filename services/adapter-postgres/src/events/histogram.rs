//! Histograms of events.

use super::numbers::{By, OTHERS, count};
use super::rows::level;
use super::search::Sought;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use watchkeeper_domain::{EventFilter, Timestamp};
use watchkeeper_ports::{Bar, Counted};

/// The number of a bar, from 1, and of a level.
impl By for (i32, i16) {
    fn read(row: &Row, first: usize) -> Result<Self, Error> {
        Ok((row.try_get(first)?, row.try_get(first + 1)?))
    }

    fn text_bytes(&self) -> usize {
        0
    }
}

/// The matching events between each two neighbours of `edges`.
pub(super) async fn histogram(
    connection: &mut Connection,
    filter: &EventFilter,
    edges: &[Timestamp],
) -> Result<Counted<Vec<Bar>>, Error> {
    let [first, .., last] = edges else {
        return Err(Error::Rejected(format!(
            "edges: there are {}, a histogram has two at least",
            edges.len()
        )));
    };
    let mut sought = Sought::of(connection, filter, *first..*last, OTHERS).await?;
    let instants: Vec<_> = edges.iter().copied().map(Instant).collect();
    let bar = format!("width_bucket(e.at, {})", sought.params.add(instants, Type::TIMESTAMPTZ_ARRAY));
    let mut numbers = Vec::new();
    let ended = count(connection, &sought, [&bar, "e.level"], |key: (i32, i16), events| {
        numbers.push((key, events));
    })
    .await?;
    let mut found = vec![Bar::default(); edges.len() - 1];
    for ((number, of), events) in numbers {
        let bar = usize::try_from(number).ok().and_then(|number| found.get_mut(number.checked_sub(1)?));
        let bar = bar.ok_or_else(|| Error::Broken(format!("an event is in bar {number}")))?;
        bar.by_level[usize::from(level(of)?.number())] += events;
    }
    Ok(Counted { found, since: ended.unwrap_or(*first) })
}
