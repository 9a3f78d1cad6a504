//! Range queries.

use super::SeriesJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_domain::{Point, RangeQuery, SeriesPoints};

/// The result of a range query. Repeats the query as it was parsed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RangeAnswer {
    /// Start of the range, inclusive.
    #[schema(format = DateTime)]
    pub from: String,
    /// End of the range, exclusive.
    #[schema(format = DateTime)]
    pub to: String,
    /// Window length in seconds, with the unit.
    #[schema(example = "60s")]
    pub step: String,
    /// The aggregate of the values in a window.
    #[schema(example = "avg")]
    pub aggregate: String,
    /// Matching series with samples in the range, ordered by key.
    pub series: Vec<RangeSeries>,
    /// The maximum number of series, if there are more than that; omitted if the result is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_limit: Option<usize>,
}

/// A series and its windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RangeSeries {
    /// The series.
    #[serde(flatten)]
    pub series: SeriesJson,
    /// Windows in time order, as pairs of start time and aggregate. Windows without samples are omitted; the
    /// aggregate is `null` if the sum of the values overflows. Pairs, as in Prometheus and InfluxDB, because there
    /// may be thousands.
    #[schema(example = json!([["2026-11-20T10:00:00Z", 125_000]]))]
    pub points: Vec<(String, Option<f64>)>,
}

impl RangeAnswer {
    /// The result `series` of `query`; `series_limit` if there are more.
    pub fn new(query: &RangeQuery, series: &[SeriesPoints], series_limit: Option<usize>) -> Self {
        Self {
            from: query.from().to_string(),
            to: query.to().to_string(),
            step: format!("{}s", query.step().as_secs()),
            aggregate: query.aggregate().to_string(),
            series: series.iter().map(RangeSeries::from).collect(),
            series_limit,
        }
    }
}

impl From<&SeriesPoints> for RangeSeries {
    fn from(found: &SeriesPoints) -> Self {
        Self { series: SeriesJson::from(&*found.series), points: found.points.iter().map(pair).collect() }
    }
}

fn pair(point: &Point) -> (String, Option<f64>) {
    (point.at.to_string(), Some(point.value).filter(|value| value.is_finite()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use utoipa::PartialSchema as _;
    use watchkeeper_domain::{Aggregate, Series, SeriesFilter, Timestamp};

    #[test]
    fn an_answer_reads_as_documented() {
        let (from, to) = (Timestamp::MIN, Timestamp::MIN.plus(Duration::from_secs(120)));
        let filter = SeriesFilter::default();
        let query = RangeQuery::new(filter, from, to, Duration::from_secs(60), Aggregate::Sum).unwrap();
        let points = vec![
            Point { at: from, value: 1.5 },
            Point { at: from.plus(Duration::from_secs(60)), value: f64::INFINITY },
        ];
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let answer = RangeAnswer::new(&query, &[SeriesPoints { series, points }], None);
        let json = serde_json::to_string(&answer).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:02:00Z","step":"60s","aggregate":"sum","#,
                r#""series":[{"source":"host","name":"load","#,
                r#""points":[["1970-01-01T00:00:00Z",1.5],["1970-01-01T00:01:00Z",null]]}]}"#
            )
        );
        assert_eq!(serde_json::from_str::<RangeAnswer>(&json).unwrap(), answer);
    }

    #[test]
    fn the_schema_says_that_a_point_is_a_pair() {
        let schema = serde_json::to_value(RangeSeries::schema()).unwrap();
        let pair = schema.pointer("/allOf/1/properties/points/items/prefixItems").unwrap();
        assert_eq!(pair.as_array().unwrap().len(), 2);
    }
}
