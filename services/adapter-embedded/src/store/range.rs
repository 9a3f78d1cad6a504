//! Values over time, folded while the rows pass by.

use super::select::each_series;
use crate::key_range::KeyRange;
use crate::sqlite::{Error, timestamp};
use rusqlite::Connection;
use std::ops::ControlFlow;
use watchkeeper_domain::{Accumulator, Point, RangeQuery, SeriesPoints, Timestamp};

/// The windows of the series that the query means; a series with no sample in the range is left out.
pub(super) fn range(
    conn: &Connection,
    query: &RangeQuery,
    max_series: usize,
) -> Result<Vec<SeriesPoints>, Error> {
    let mut answer = Vec::new();
    if max_series == 0 {
        return Ok(answer);
    }
    each_series(conn, query.filter(), &KeyRange::of(query.filter()), |id, series| {
        let points = points(conn, id, query)?;
        if !points.is_empty() {
            answer.push(SeriesPoints { series, points });
        }
        Ok(if answer.len() < max_series { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(answer)
}

fn points(conn: &Connection, series_id: i64, query: &RangeQuery) -> Result<Vec<Point>, Error> {
    let mut select = conn.prepare_cached(
        "SELECT at, value FROM samples WHERE series_id = ?1 AND at >= ?2 AND at < ?3 ORDER BY at",
    )?;
    let mut rows = select.query((series_id, query.from().as_micros(), query.to().as_micros()))?;
    let mut windows = Windows::of(query);
    while let Some(row) = rows.next()? {
        windows.add(timestamp(row.get(0)?)?, row.get(1)?);
    }
    Ok(windows.finish())
}

/// Folds values, given in order of time, into the windows they fall in.
struct Windows<'a> {
    query: &'a RangeQuery,
    start: Timestamp,
    window: Accumulator,
    points: Vec<Point>,
}

impl<'a> Windows<'a> {
    fn of(query: &'a RangeQuery) -> Self {
        Self { query, start: query.from(), window: Accumulator::new(query.aggregate()), points: Vec::new() }
    }

    fn add(&mut self, at: Timestamp, value: f64) {
        let start = at.window_start(self.query.step());
        if start != self.start {
            self.close();
            self.start = start;
        }
        self.window.add(value);
    }

    fn close(&mut self) {
        self.points.extend(self.window.take().map(|value| Point { at: self.start, value }));
    }

    fn finish(mut self) -> Vec<Point> {
        self.close();
        self.points
    }
}
