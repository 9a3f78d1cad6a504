//! Computes rollups while reading rows.

use super::each_sample::each_sample;
use super::range::MAX_HELD_VALUES;
use crate::series::answer_page;
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_domain::{
    Aggregate, Rollup, RollupBuilder, RollupQuery, Series, SeriesRollups, Timestamp, Window,
};
use watchkeeper_ports::Page;

/// The rollups of the series on the page; a series with no sample in the windows does not count.
pub(super) fn roll_up(
    conn: &Connection,
    query: &RollupQuery,
    page: &Page,
) -> Result<Vec<SeriesRollups>, Error> {
    let mut windows = Windows::of(query.window());
    answer_page(conn, query.filter(), page, |id, series| {
        each_sample(conn, id, query.from()..query.to(), |at, value| windows.add(&series, at, value))?;
        let rollups = windows.finish();
        Ok((!rollups.is_empty()).then_some(SeriesRollups { series, rollups }))
    })
}

/// Aggregates the values of one series, given in order of time, by window; then those of the next. Never
/// holds more than one window's values.
struct Windows {
    window: Window,
    start: Timestamp,
    builder: RollupBuilder,
    rollups: Vec<Rollup>,
}

impl Windows {
    fn of(window: Window) -> Self {
        Self { window, start: Timestamp::MIN, builder: RollupBuilder::default(), rollups: Vec::new() }
    }

    fn add(&mut self, series: &Series, at: Timestamp, value: f64) -> Result<(), Error> {
        let start = self.window.start(at);
        if start != self.start {
            self.close();
            self.start = start;
        }
        if self.builder.count() == MAX_HELD_VALUES {
            return Err(Error::Rejected(format!(
                "window: the {} from {start} of {series} has more than {MAX_HELD_VALUES} values, \
                 the limit of {}",
                self.window,
                Aggregate::P95
            )));
        }
        self.builder.add(value);
        Ok(())
    }

    fn close(&mut self) {
        self.rollups.extend(self.builder.take(self.start));
    }

    /// Returns the rollups of the series; resets for the next one.
    fn finish(&mut self) -> Vec<Rollup> {
        self.close();
        std::mem::take(&mut self.rollups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;
    use watchkeeper_domain::SeriesFilter;

    /// One series of so many samples in each of the first two hours, one each microsecond.
    fn database(samples: usize) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.execute_batch("INSERT INTO series VALUES (1, 'host/load', 'host', 'load', '', '{}')").unwrap();
        conn.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?1)
             INSERT INTO samples
             SELECT 1, hour.value * 3600000000 + i, 7 FROM json_each('[0, 1]') AS hour, n",
            [samples],
        )
        .unwrap();
        conn
    }

    fn counts(conn: &Connection, window: Window) -> Result<Vec<u64>, Error> {
        let (from, to) = (Timestamp::MIN, Timestamp::MIN.plus(Window::Day.length()));
        let query = RollupQuery::new(SeriesFilter::default(), window, from, to).unwrap();
        let answer = roll_up(conn, &query, &Page::first(1))?;
        Ok(answer[0].rollups.iter().map(|rollup| rollup.count).collect())
    }

    #[test]
    fn a_rollup_is_made_of_the_most_values_and_refused_past_them() {
        let most = MAX_HELD_VALUES as u64;
        let conn = database(MAX_HELD_VALUES);
        assert_eq!(counts(&conn, Window::Hour), Ok(vec![most, most]), "each window counts for itself");
        let refused = |window| {
            let reason = "has more than 1000000 values, the limit of p95";
            Error::Rejected(format!("window: the {window} from 1970-01-01T00:00:00Z of host/load {reason}"))
        };
        assert_eq!(counts(&conn, Window::Day), Err(refused(Window::Day)));
        conn.execute("INSERT INTO samples VALUES (1, ?1, 7)", [MAX_HELD_VALUES]).unwrap();
        assert_eq!(counts(&conn, Window::Hour), Err(refused(Window::Hour)));
    }
}
