//! Values over time, aggregated while reading rows.

use super::each_sample::each_sample;
use crate::series::answer_some;
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_domain::{Accumulator, Aggregate, Point, RangeQuery, SeriesPoints, Timestamp};
use watchkeeper_ports::{MAX_ASKED_SERIES, Page};

/// Most values of one window that are held at once, 8 MB. Only the percentile needs them.
pub(super) const MAX_HELD_VALUES: usize = 1_000_000;

/// The windows of the matching series; a series with no sample in the range is omitted.
pub(super) fn range(
    conn: &Connection,
    query: &RangeQuery,
    max_series: usize,
) -> Result<Vec<SeriesPoints>, Error> {
    answer_some(conn, query.filter(), &Page::first(max_series), MAX_ASKED_SERIES, |id, series| {
        let points = points(conn, id, query)?;
        Ok((!points.is_empty()).then_some(SeriesPoints { series, points }))
    })
}

fn points(conn: &Connection, series_id: i64, query: &RangeQuery) -> Result<Vec<Point>, Error> {
    let mut windows = Windows::of(query);
    each_sample(conn, series_id, query.from()..query.to(), |at, value| windows.add(at, value))?;
    Ok(windows.finish())
}

/// Aggregates values, given in order of time, by window.
struct Windows<'a> {
    query: &'a RangeQuery,
    start: Timestamp,
    window: Accumulator,
    held: usize,
    points: Vec<Point>,
}

impl<'a> Windows<'a> {
    fn of(query: &'a RangeQuery) -> Self {
        let window = Accumulator::new(query.aggregate());
        Self { query, start: query.from(), window, held: 0, points: Vec::new() }
    }

    fn add(&mut self, at: Timestamp, value: f64) -> Result<(), Error> {
        let start = at.window_start(self.query.step());
        if start != self.start {
            self.close();
            self.start = start;
        }
        self.hold_one_more()?;
        self.window.add(value);
        Ok(())
    }

    fn hold_one_more(&mut self) -> Result<(), Error> {
        if self.query.aggregate() != Aggregate::P95 {
            return Ok(());
        }
        if self.held == MAX_HELD_VALUES {
            return Err(Error::Rejected(format!(
                "step: a window has more than {MAX_HELD_VALUES} values, the limit of {}: use a shorter step",
                Aggregate::P95
            )));
        }
        self.held += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.held = 0;
        self.points.extend(self.window.take().map(|value| Point { at: self.start, value }));
    }

    fn finish(mut self) -> Vec<Point> {
        self.close();
        self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;
    use std::time::Duration;
    use watchkeeper_domain::SeriesFilter;

    /// One series of so many samples, one each microsecond.
    fn database(samples: usize) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.execute_batch("INSERT INTO series VALUES (1, 'host/load', 'host', 'load', '', '{}')").unwrap();
        conn.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?1)
             INSERT INTO samples SELECT 1, i, 7 FROM n",
            [samples],
        )
        .unwrap();
        conn
    }

    fn ask(conn: &Connection, aggregate: Aggregate, step: Duration) -> Result<Vec<f64>, Error> {
        let (from, to) = (Timestamp::MIN, Timestamp::MIN.plus(Duration::from_secs(60)));
        let query = RangeQuery::new(SeriesFilter::default(), from, to, step, aggregate).unwrap();
        let answer = range(conn, &query, 1)?;
        Ok(answer[0].points.iter().map(|point| point.value).collect())
    }

    #[test]
    fn a_percentile_is_taken_of_the_most_values_and_refused_past_them() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let conn = database(MAX_HELD_VALUES);
        assert_eq!(ask(&conn, Aggregate::P95, minute), Ok(vec![7.0]));
        conn.execute("INSERT INTO samples VALUES (1, ?1, 7)", [MAX_HELD_VALUES]).unwrap();
        let reason = "step: a window has more than 1000000 values, the limit of p95: use a shorter step";
        assert_eq!(ask(&conn, Aggregate::P95, minute), Err(Error::Rejected(reason.into())));
        assert_eq!(ask(&conn, Aggregate::P95, second), Ok(vec![7.0, 7.0]), "each window counts for itself");
        assert_eq!(ask(&conn, Aggregate::Max, minute), Ok(vec![7.0]));
    }
}
