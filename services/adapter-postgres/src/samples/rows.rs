//! Samples as rows.

use crate::error::Error;
use crate::instant::Instant;
use watchkeeper_domain::{Note, Sample, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row<'s> {
    pub(super) series_id: i64,
    pub(super) at: Timestamp,
    pub(super) value: f64,
    pub(super) note: Option<&'s str>,
}

/// The rows of samples, given the ids of their series. In index order, so that each page is visited once and
/// concurrent transactions do not deadlock. Without duplicates: of two samples at one instant the first wins.
pub(super) fn rows<'s>(samples: &'s [Sample], ids: &[i64]) -> Vec<Row<'s>> {
    let row = |(sample, id): (&'s Sample, &i64)| Row {
        series_id: *id,
        at: sample.collected_at,
        value: sample.value,
        note: sample.note.as_ref().map(Note::as_str),
    };
    let mut rows: Vec<_> = samples.iter().zip(ids).map(row).collect();
    rows.sort_by_key(|row| (row.series_id, row.at));
    rows.dedup_by_key(|row| (row.series_id, row.at));
    rows
}

/// Rows, column by column.
pub(super) struct Columns<'s> {
    pub(super) ids: Vec<i64>,
    pub(super) instants: Vec<Instant>,
    pub(super) values: Vec<f64>,
    pub(super) notes: Vec<Option<&'s str>>,
}

/// Rows as parameters of a statement.
pub(super) fn columns<'s>(rows: &[Row<'s>]) -> Columns<'s> {
    Columns {
        ids: rows.iter().map(|row| row.series_id).collect(),
        instants: rows.iter().map(|row| Instant(row.at)).collect(),
        values: rows.iter().map(|row| row.value).collect(),
        notes: rows.iter().map(|row| row.note).collect(),
    }
}

/// The note in a column of an answer, if there is one.
pub(super) fn note(row: &tokio_postgres::Row, column: usize) -> Result<Option<Note>, Error> {
    Ok(row.try_get::<_, Option<&str>>(column)?.and_then(Note::new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_domain::Series;

    #[test]
    fn rows_are_in_order_and_of_two_at_one_instant_the_first_stays() {
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let at = |micros| Timestamp::from_micros(micros).unwrap();
        let sample = |micros, value| Sample::new(Arc::clone(&series), at(micros), value);
        let samples = [sample(2, 1.0), sample(1, 2.0), sample(2, 3.0), sample(1, 4.0)];
        let row = |series_id, micros, value| Row { series_id, at: at(micros), value, note: None };
        let expected = [row(1, 1, 4.0), row(1, 2, 3.0), row(2, 1, 2.0), row(2, 2, 1.0)];
        assert_eq!(rows(&samples, &[2, 2, 1, 1]), expected);
        assert_eq!(rows(&samples, &[1; 4]), [row(1, 1, 2.0), row(1, 2, 1.0)]);
    }
}
