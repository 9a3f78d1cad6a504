//! A year of samples in a store, and its aggregation by SQL.

use rusqlite::{Connection, params};
use std::path::Path;
use std::time::{Duration, Instant};

/// Hours of a year.
pub(crate) const HOURS: u32 = 365 * 24;
const HOUR_MICROS: i64 = 3_600_000_000;

/// The samples of a year that ends with the current hour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Year {
    pub(crate) series: u32,
    pub(crate) samples_an_hour: u32,
}

/// The aggregates to compute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grouped {
    /// Average, minimum, maximum and count.
    WithoutP95,
    /// Also the 95th percentile, by window functions.
    WithP95,
}

impl Year {
    pub(crate) fn samples(self) -> f64 {
        f64::from(self.series) * f64::from(HOURS) * f64::from(self.samples_an_hour)
    }

    pub(crate) fn hourly_rollups(self) -> f64 {
        f64::from(self.series) * f64::from(HOURS)
    }

    /// Writes the samples directly into the store at `file`, which `up` has created.
    pub(crate) fn fill(self, file: &Path) -> anyhow::Result<()> {
        let mut store = Connection::open(file)?;
        store.pragma_update(None, "synchronous", "OFF")?;
        let transaction = store.transaction()?;
        let now: i64 = transaction.query_row("SELECT unixepoch()", [], |row| row.get(0))?;
        let begin = (now / 3_600 - i64::from(HOURS)) * HOUR_MICROS;
        let step = HOUR_MICROS / i64::from(self.samples_an_hour);
        let mut series = transaction.prepare(
            "INSERT INTO series (key, source, name, unit, labels)
             VALUES (format('bench/reading{number=\"%05d\"}', ?1), 'bench', 'reading', '',
                     format('{\"number\":\"%05d\"}', ?1))",
        )?;
        let mut samples = transaction.prepare(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
             INSERT INTO samples SELECT ?2, ?3 + i * ?4, (i * 7919 + ?2 * 104729) % 1000 / 10.0 FROM n",
        )?;
        for number in 0..self.series {
            series.execute([number])?;
            let id = transaction.last_insert_rowid();
            samples.execute(params![HOURS * self.samples_an_hour, id, begin, step])?;
        }
        drop((series, samples));
        transaction.commit()?;
        Ok(())
    }
}

/// Measures one SQL statement that groups all samples of `store` by series and hour, and stores the result in another
/// file, as durably as a store does.
pub(crate) fn group(store: &Path, kept: &Path, what: Grouped) -> anyhow::Result<Duration> {
    let database = Connection::open(store)?;
    database.execute("ATTACH ?1 AS kept", [kept.to_str()])?;
    database.execute_batch(
        "PRAGMA kept.journal_mode = WAL; PRAGMA kept.synchronous = FULL; PRAGMA temp_store = FILE;
         CREATE TABLE kept.rollups (series_id, start, avg, min, max, count, p95,
                                    PRIMARY KEY (series_id, start)) WITHOUT ROWID",
    )?;
    let statement = match what {
        Grouped::WithoutP95 => {
            "INSERT INTO kept.rollups
             SELECT series_id, at / 3600000000 AS hour, avg(value), min(value), max(value), count(*), NULL
             FROM samples GROUP BY series_id, hour"
        }
        Grouped::WithP95 => {
            "INSERT INTO kept.rollups
             SELECT series_id, hour, avg(value), min(value), max(value), count(*),
                    max(value) FILTER (WHERE rank = (count * 95 + 99) / 100)
             FROM (SELECT series_id, at / 3600000000 AS hour, value,
                          row_number() OVER by_value AS rank,
                          count(*) OVER (PARTITION BY series_id, at / 3600000000) AS count
                   FROM samples
                   WINDOW by_value AS (PARTITION BY series_id, at / 3600000000 ORDER BY value))
             GROUP BY series_id, hour"
        }
    };
    let started = Instant::now();
    database.execute(statement, [])?;
    Ok(started.elapsed())
}
