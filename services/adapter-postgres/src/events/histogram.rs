//! Histograms of events.

use super::names::Origins;
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
impl By for (Instant, i16) {
    fn read(row: &Row, first: usize) -> Result<Self, Error> {
        Ok((row.try_get(first)?, row.try_get(first + 1)?))
    }

    fn text_bytes(&self) -> usize {
        0
    }
}

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
    origins: Origins<'_>,
    filter: &EventFilter,
    edges: &[Timestamp],
) -> Result<Counted<Vec<Bar>>, Error> {
    let [first, .., last] = edges else {
        return Err(Error::Rejected(format!(
            "edges: there are {}, a histogram has two at least",
            edges.len()
        )));
    };
    let mut sought = Sought::of(connection, origins, filter, *first..*last, OTHERS).await?;
    let mut found = vec![Bar::default(); edges.len() - 1];
    let mut wrong = None;
    let mut add = |bar: Option<usize>, of: i16, events: u64| match (
        bar.and_then(|bar| found.get_mut(bar)),
        level(of),
    ) {
        (Some(bar), Ok(level)) => bar.by_level[usize::from(level.number())] += events,
        (None, _) => wrong = Some(Error::Broken("an event is in no bar".into())),
        (_, Err(error)) => wrong = Some(error),
    };
    let ended = if let Some(step) = step(edges) {
        let origin = sought.params.add(Instant(*first), Type::TIMESTAMPTZ);
        // Much faster than to search among the edges.
        let bar = format!("date_bin('{step} microseconds', e.at, {origin})");
        let bar_of = |Instant(at): Instant| usize::try_from((at.as_micros() - first.as_micros()) / step).ok();
        count(connection, &sought, [&bar, "e.level"], |(at, of): (Instant, i16), events| {
            add(bar_of(at), of, events);
        })
        .await?
    } else {
        let instants: Vec<_> = edges.iter().copied().map(Instant).collect();
        let bar = format!("width_bucket(e.at, {})", sought.params.add(instants, Type::TIMESTAMPTZ_ARRAY));
        let bar_of = |number: i32| usize::try_from(number).ok()?.checked_sub(1);
        count(connection, &sought, [&bar, "e.level"], |(number, of): (i32, i16), events| {
            add(bar_of(number), of, events);
        })
        .await?
    };
    match wrong {
        Some(error) => Err(error),
        None => Ok(Counted { found, since: ended.unwrap_or(*first) }),
    }
}

/// The microseconds between each two neighbours, if they are equally far apart.
fn step(edges: &[Timestamp]) -> Option<i64> {
    let mut steps = edges.windows(2).map(|pair| pair[1].as_micros() - pair[0].as_micros());
    let first = steps.next().filter(|step| *step > 0)?;
    steps.all(|step| step == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_that_are_equally_far_apart_have_a_step() {
        let edges = |micros: &[i64]| -> Vec<_> {
            micros.iter().map(|micros| Timestamp::from_micros(*micros).unwrap()).collect()
        };
        assert_eq!(step(&edges(&[5, 15, 25])), Some(10));
        assert_eq!(step(&edges(&[5, 15])), Some(10));
        assert_eq!(step(&edges(&[5, 15, 26])), None);
        assert_eq!(step(&edges(&[5, 5])), None);
    }
}
