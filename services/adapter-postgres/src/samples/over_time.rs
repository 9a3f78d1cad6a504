//! Values over time: ranges and rollups.

use super::fold::{Fold, Points, Rollups, Windows};
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series;
use futures_util::TryStreamExt as _;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use watchkeeper_domain::{RangeQuery, RollupQuery, Series, SeriesPoints, SeriesRollups, Timestamp};
use watchkeeper_ports::Page;

/// The samples of some series, series by series in the given order, oldest first: one index range scan for
/// each day.
const OLDEST_FIRST: &str = "SELECT wanted.place, sample.at, sample.value
     FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (id, place)
     CROSS JOIN LATERAL (SELECT at, value FROM samples
                         WHERE series_id = wanted.id AND at >= $2 AND at < $3 ORDER BY at) sample";

/// The windows of the matching series; a series with no sample in the range is omitted.
pub(super) async fn range(
    connection: &Connection,
    query: &RangeQuery,
    max_series: usize,
) -> Result<Vec<SeriesPoints>, Error> {
    let range = query.from()..query.to();
    let series = series::some_with_samples(connection, query.filter(), max_series, range.clone()).await?;
    let folded = fold(connection, series, range, Points::of(query)).await?;
    Ok(folded.into_iter().map(|(series, points)| SeriesPoints { series, points }).collect())
}

/// The rollups of the series on the page; a series with no sample in the windows does not count.
pub(super) async fn roll_up(
    connection: &Connection,
    query: &RollupQuery,
    page: &Page,
) -> Result<Vec<SeriesRollups>, Error> {
    let range = query.from()..query.to();
    let series = series::with_samples(connection, query.filter(), page, range.clone()).await?;
    let folded = fold(connection, series, range, Rollups::of(query)).await?;
    Ok(folded.into_iter().map(|(series, rollups)| SeriesRollups { series, rollups }).collect())
}

/// Aggregates the windows of each series in one pass, holding one window's values.
async fn fold<F: Fold>(
    connection: &Connection,
    series: Vec<(i64, Arc<Series>)>,
    range: Range<Timestamp>,
    fold: F,
) -> Result<Vec<(Arc<Series>, Vec<F::Folded>)>, Error> {
    let ids: Vec<i64> = series.iter().map(|(id, _)| *id).collect();
    let (from, to) = (Instant(range.start), Instant(range.end));
    let mut rows = pin!(connection.stream(OLDEST_FIRST, &[&ids, &from, &to]).await?);
    let mut folded: Vec<(Arc<Series>, Vec<F::Folded>)> =
        series.into_iter().map(|(_, series)| (series, Vec::new())).collect();
    let (mut windows, mut place) = (Windows::new(fold), 0);
    while let Some(row) = rows.try_next().await? {
        let row_place: i64 = row.try_get(0)?;
        if row_place != place {
            keep(&mut folded, place, windows.take());
            place = row_place;
        }
        windows.add(row.try_get::<_, Instant>(1)?.0, row.try_get(2)?)?;
    }
    keep(&mut folded, place, windows.take());
    // Series that were pruned in between have nothing to show.
    folded.retain(|(_, windows)| !windows.is_empty());
    Ok(folded)
}

/// Stores the windows of the series at `place`, counted from 1.
fn keep<T>(folded: &mut [(Arc<Series>, Vec<T>)], place: i64, windows: Vec<T>) {
    let index = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
    if let Some((_, of_series)) = index.and_then(|index| folded.get_mut(index)) {
        *of_series = windows;
    }
}
