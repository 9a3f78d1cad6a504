//! Rollups.

use super::SeriesJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_domain::{Rollup, RollupQuery, SeriesRollups};

/// A page of rollups. Repeats the query as it was parsed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RollupList {
    /// The length of the windows.
    #[schema(example = "hour")]
    pub window: String,
    /// The start of the first window.
    #[schema(format = DateTime)]
    pub from: String,
    /// The end of the last window.
    #[schema(format = DateTime)]
    pub to: String,
    /// Matching series with rollups in the range, ordered by key.
    pub series: Vec<RollupSeries>,
    /// Token of the next page; omitted on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}

/// A series and its rollups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RollupSeries {
    /// The series.
    #[serde(flatten)]
    pub series: SeriesJson,
    /// Rollups in time order; windows without samples are omitted.
    pub rollups: Vec<RollupJson>,
}

/// The values of one series in one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RollupJson {
    /// The start of the window.
    #[schema(example = "2026-11-20T10:00:00Z", format = DateTime)]
    pub start: String,
    /// Arithmetic mean; `null` if the sum of the values overflows.
    pub avg: Option<f64>,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Number of values; at least 1.
    pub count: u64,
    /// 95th percentile by nearest rank: the smallest value that at least 95 % of the values do not exceed.
    pub p95: f64,
}

impl RollupList {
    /// A page of the result of `query`.
    pub fn new(query: &RollupQuery, series: &[SeriesRollups], next_page: Option<String>) -> Self {
        Self {
            window: query.window().to_string(),
            from: query.from().to_string(),
            to: query.to().to_string(),
            series: series.iter().map(RollupSeries::from).collect(),
            next_page,
        }
    }
}

impl From<&SeriesRollups> for RollupSeries {
    fn from(found: &SeriesRollups) -> Self {
        Self {
            series: SeriesJson::from(&*found.series),
            rollups: found.rollups.iter().map(RollupJson::from).collect(),
        }
    }
}

impl From<&Rollup> for RollupJson {
    fn from(&Rollup { start, avg, min, max, count, p95 }: &Rollup) -> Self {
        let avg = Some(avg).filter(|avg| avg.is_finite());
        Self { start: start.to_string(), avg, min, max, count, p95 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_domain::{Series, SeriesFilter, Timestamp, Window};

    #[test]
    fn an_answer_reads_as_documented() {
        let (from, to) = (Timestamp::MIN, Timestamp::MIN.plus(2 * Window::Hour.length()));
        let query = RollupQuery::new(SeriesFilter::default(), Window::Hour, from, to).unwrap();
        let rollup = |start, avg| Rollup { start, avg, min: 1.0, max: 2.0, count: 2, p95: 2.0 };
        let rollups = vec![rollup(from, 1.5), rollup(from.plus(Window::Hour.length()), f64::INFINITY)];
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let list = RollupList::new(&query, &[SeriesRollups { series, rollups }], None);
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"window":"hour","from":"1970-01-01T00:00:00Z","to":"1970-01-01T02:00:00Z","#,
                r#""series":[{"source":"host","name":"load","rollups":["#,
                r#"{"start":"1970-01-01T00:00:00Z","avg":1.5,"min":1.0,"max":2.0,"count":2,"p95":2.0},"#,
                r#"{"start":"1970-01-01T01:00:00Z","avg":null,"min":1.0,"max":2.0,"count":2,"p95":2.0}]}]}"#
            )
        );
        assert_eq!(serde_json::from_str::<RollupList>(&json).unwrap(), list);
    }
}
