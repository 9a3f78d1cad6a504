//! Samples as rows.

use crate::instant::Instant;
use watchkeeper_domain::{Sample, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) series_id: i64,
    pub(super) at: Timestamp,
    pub(super) value: f64,
}

/// The rows of samples, given the ids of their series. In index order, so that each page is visited once and
/// concurrent transactions do not deadlock. Without duplicates: of two samples at one instant the first wins.
pub(super) fn rows(samples: &[Sample], ids: &[i64]) -> Vec<Row> {
    let row =
        |(sample, id): (&Sample, &i64)| Row { series_id: *id, at: sample.collected_at, value: sample.value };
    let mut rows: Vec<_> = samples.iter().zip(ids).map(row).collect();
    rows.sort_by_key(|row| (row.series_id, row.at));
    rows.dedup_by_key(|row| (row.series_id, row.at));
    rows
}

/// Rows, column by column, as parameters of a statement.
pub(super) fn columns(rows: &[Row]) -> (Vec<i64>, Vec<Instant>, Vec<f64>) {
    let ids = rows.iter().map(|row| row.series_id).collect();
    let instants = rows.iter().map(|row| Instant(row.at)).collect();
    let values = rows.iter().map(|row| row.value).collect();
    (ids, instants, values)
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
        let sample = |micros, value| Sample { series: Arc::clone(&series), collected_at: at(micros), value };
        let samples = [sample(2, 1.0), sample(1, 2.0), sample(2, 3.0), sample(1, 4.0)];
        let row = |series_id, micros, value| Row { series_id, at: at(micros), value };
        let expected = [row(1, 1, 4.0), row(1, 2, 3.0), row(2, 1, 2.0), row(2, 2, 1.0)];
        assert_eq!(rows(&samples, &[2, 2, 1, 1]), expected);
        assert_eq!(rows(&samples, &[1; 4]), [row(1, 1, 2.0), row(1, 2, 1.0)]);
    }
}
