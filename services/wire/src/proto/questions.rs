//! Conversions of filters and range queries.

use super::messages::from_proto;
use super::v1;
use std::time::Duration;
use watchkeeper_domain::{Aggregate, RangeQuery, SeriesFilter, Violation};

/// Sources and names are never empty, so an empty one means any.
impl From<v1::SeriesFilter> for SeriesFilter {
    fn from(filter: v1::SeriesFilter) -> Self {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        Self { source: given(filter.source), name: given(filter.name), labels: filter.labels, key: None }
    }
}

impl From<v1::Aggregate> for Aggregate {
    fn from(aggregate: v1::Aggregate) -> Self {
        match aggregate {
            v1::Aggregate::Unspecified | v1::Aggregate::Avg => Self::Avg,
            v1::Aggregate::Min => Self::Min,
            v1::Aggregate::Max => Self::Max,
            v1::Aggregate::Sum => Self::Sum,
            v1::Aggregate::Count => Self::Count,
            v1::Aggregate::Last => Self::Last,
            v1::Aggregate::P95 => Self::P95,
        }
    }
}

impl TryFrom<v1::GetRangeRequest> for RangeQuery {
    type Error = Violation;

    fn try_from(request: v1::GetRangeRequest) -> Result<Self, Violation> {
        let unknown = |_| Violation::new("aggregate", format!("has no value {}", request.aggregate));
        let aggregate = v1::Aggregate::try_from(request.aggregate).map_err(unknown)?;
        Self::new(
            request.filter.unwrap_or_default().into(),
            from_proto("from", request.from.as_ref())?,
            from_proto("to", request.to.as_ref())?,
            step(request.step)?,
            aggregate.into(),
        )
    }
}

fn step(step: Option<prost_types::Duration>) -> Result<Duration, Violation> {
    let step = step.ok_or_else(|| Violation::new("step", "is missing"))?;
    Duration::try_from(step).map_err(|_| Violation::new("step", "must not be negative"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::Timestamp as ProtoTimestamp;
    use watchkeeper_domain::Timestamp;

    fn request() -> v1::GetRangeRequest {
        v1::GetRangeRequest {
            filter: Some(v1::SeriesFilter { source: "host".to_owned(), ..v1::SeriesFilter::default() }),
            from: Some(ProtoTimestamp { seconds: 0, nanos: 0 }),
            to: Some(ProtoTimestamp { seconds: 3600, nanos: 0 }),
            step: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
            aggregate: v1::Aggregate::Max.into(),
        }
    }

    fn refused(request: v1::GetRangeRequest) -> String {
        RangeQuery::try_from(request).unwrap_err().to_string()
    }

    #[test]
    fn a_range_is_asked_as_it_is_meant() {
        let query = RangeQuery::try_from(request()).unwrap();
        let filter = SeriesFilter { source: Some("host".to_owned()), ..SeriesFilter::default() };
        let to = Timestamp::from_micros(3_600_000_000).unwrap();
        let step = Duration::from_secs(60);
        assert_eq!(query, RangeQuery::new(filter, Timestamp::MIN, to, step, Aggregate::Max).unwrap());
    }

    #[test]
    fn each_bad_part_of_a_question_is_named() {
        assert_eq!(refused(v1::GetRangeRequest { from: None, ..request() }), "from: is missing");
        assert_eq!(refused(v1::GetRangeRequest { to: None, ..request() }), "to: is missing");
        assert_eq!(refused(v1::GetRangeRequest { step: None, ..request() }), "step: is missing");
        assert_eq!(refused(v1::GetRangeRequest { aggregate: 99, ..request() }), "aggregate: has no value 99");
        let negative = Some(prost_types::Duration { seconds: -1, nanos: 0 });
        assert_eq!(
            refused(v1::GetRangeRequest { step: negative, ..request() }),
            "step: must not be negative"
        );
        let swapped = v1::GetRangeRequest { from: request().to, to: request().from, ..request() };
        assert_eq!(refused(swapped), "from: must be before to");
    }

    #[test]
    fn what_a_filter_leaves_out_is_any() {
        assert_eq!(SeriesFilter::from(v1::SeriesFilter::default()), SeriesFilter::default());
        let labels = [("cpu".to_owned(), "0".to_owned())];
        let message =
            v1::SeriesFilter { source: "host".into(), name: "load".into(), labels: labels.clone().into() };
        let filter = SeriesFilter { labels: labels.into(), ..SeriesFilter::named("host", "load") };
        assert_eq!(SeriesFilter::from(message), filter);
    }

    #[test]
    fn every_aggregate_can_be_asked_for_and_none_means_the_average() {
        for aggregate in Aggregate::ALL {
            let name = format!("AGGREGATE_{}", aggregate.to_string().to_uppercase());
            assert_eq!(v1::Aggregate::from_str_name(&name).map(Aggregate::from), Some(aggregate), "{name}");
        }
        assert_eq!(Aggregate::from(v1::Aggregate::Unspecified), Aggregate::Avg);
    }
}
