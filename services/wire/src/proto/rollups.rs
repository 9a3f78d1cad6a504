//! Conversions of rollup requests and responses, in both directions.

use super::messages::{from_proto, to_proto};
use super::v1;
use std::sync::Arc;
use watchkeeper_domain::{
    Rollup, RollupQuery, Series, SeriesFilter, SeriesParts, SeriesRollups, Timestamp, Violation, Window,
};

impl From<&SeriesFilter> for v1::SeriesFilter {
    fn from(filter: &SeriesFilter) -> Self {
        Self {
            source: filter.source.clone().unwrap_or_default(),
            name: filter.name.clone().unwrap_or_default(),
            labels: filter.labels.clone(),
        }
    }
}

impl From<Window> for v1::Window {
    fn from(window: Window) -> Self {
        match window {
            Window::Hour => Self::Hour,
            Window::Day => Self::Day,
        }
    }
}

impl From<v1::Window> for Window {
    fn from(window: v1::Window) -> Self {
        match window {
            v1::Window::Unspecified | v1::Window::Hour => Self::Hour,
            v1::Window::Day => Self::Day,
        }
    }
}

impl From<&RollupQuery> for v1::RollUpRequest {
    fn from(query: &RollupQuery) -> Self {
        Self {
            filter: Some(query.filter().into()),
            window: v1::Window::from(query.window()).into(),
            from: Some(to_proto(query.from())),
            to: Some(to_proto(query.to())),
        }
    }
}

impl TryFrom<v1::RollUpRequest> for RollupQuery {
    type Error = Violation;

    fn try_from(request: v1::RollUpRequest) -> Result<Self, Violation> {
        let unknown = |_| Violation::new("window", format!("has no value {}", request.window));
        let window = v1::Window::try_from(request.window).map_err(unknown)?;
        Self::new(
            request.filter.unwrap_or_default().into(),
            window.into(),
            from_proto("from", request.from.as_ref())?,
            from_proto("to", request.to.as_ref())?,
        )
    }
}

impl From<Option<Timestamp>> for v1::GetOldestResponse {
    fn from(oldest: Option<Timestamp>) -> Self {
        Self { at: oldest.map(to_proto) }
    }
}

impl TryFrom<v1::GetOldestResponse> for Option<Timestamp> {
    type Error = Violation;

    fn try_from(response: v1::GetOldestResponse) -> Result<Self, Violation> {
        response.at.map(|at| from_proto("at", Some(&at))).transpose()
    }
}

impl From<&SeriesRollups> for v1::SeriesRollups {
    fn from(made: &SeriesRollups) -> Self {
        Self {
            series: Some(v1::Series::from(&*made.series)),
            rollups: made.rollups.iter().map(v1::Rollup::from).collect(),
        }
    }
}

impl From<&Rollup> for v1::Rollup {
    fn from(&Rollup { start, avg, min, max, count, p95 }: &Rollup) -> Self {
        Self { start: Some(to_proto(start)), avg, min, max, count, p95 }
    }
}

impl TryFrom<v1::SeriesRollups> for SeriesRollups {
    type Error = Violation;

    fn try_from(message: v1::SeriesRollups) -> Result<Self, Violation> {
        let series = message.series.ok_or_else(|| Violation::new("series", "is missing"))?;
        Ok(Self {
            series: Arc::new(series.try_into()?),
            rollups: message.rollups.into_iter().map(Rollup::try_from).collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<v1::Series> for Series {
    type Error = Violation;

    fn try_from(v1::Series { source, name, unit, labels }: v1::Series) -> Result<Self, Violation> {
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect();
        Self::from_parts(&SeriesParts { source: &source, name: &name, unit: &unit, labels: &labels })
    }
}

impl TryFrom<v1::Rollup> for Rollup {
    type Error = Violation;

    fn try_from(v1::Rollup { start, avg, min, max, count, p95 }: v1::Rollup) -> Result<Self, Violation> {
        if count == 0 {
            return Err(Violation::new("count", "must be at least 1, is 0"));
        }
        Ok(Self { start: from_proto("start", start.as_ref())?, avg, min, max, count, p95 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn query(window: Window) -> RollupQuery {
        let filter = SeriesFilter {
            labels: [("cpu".to_owned(), "0".to_owned())].into(),
            ..SeriesFilter::named("host", "load")
        };
        RollupQuery::new(filter, window, Timestamp::MIN, Timestamp::MIN.plus(2 * window.length())).unwrap()
    }

    #[test]
    fn a_question_is_read_as_it_was_asked() {
        for window in Window::ALL {
            let asked = query(window);
            assert_eq!(RollupQuery::try_from(v1::RollUpRequest::from(&asked)), Ok(asked));
        }
        let unspecified = v1::RollUpRequest { window: 0, ..(&query(Window::Hour)).into() };
        assert_eq!(RollupQuery::try_from(unspecified).unwrap().window(), Window::Hour);
    }

    #[test]
    fn each_bad_part_of_a_question_is_named() {
        let request = || v1::RollUpRequest::from(&query(Window::Hour));
        let refused = |request: v1::RollUpRequest| RollupQuery::try_from(request).unwrap_err().to_string();
        assert_eq!(refused(v1::RollUpRequest { window: 9, ..request() }), "window: has no value 9");
        assert_eq!(refused(v1::RollUpRequest { from: None, ..request() }), "from: is missing");
        assert_eq!(refused(v1::RollUpRequest { to: None, ..request() }), "to: is missing");
        let swapped = v1::RollUpRequest { from: request().to, to: request().from, ..request() };
        assert_eq!(refused(swapped), "from: must be before to");
    }

    #[test]
    fn each_bad_part_of_an_answer_is_named() {
        let rollup = v1::Rollup { start: Some(to_proto(Timestamp::MIN)), count: 1, ..v1::Rollup::default() };
        let refused = |message: v1::SeriesRollups| SeriesRollups::try_from(message).unwrap_err().to_string();
        assert_eq!(refused(v1::SeriesRollups::default()), "series: is missing");
        let series = v1::Series { source: "host".into(), name: "load".into(), ..v1::Series::default() };
        let with = |series: &v1::Series, rollup| v1::SeriesRollups {
            series: Some(series.clone()),
            rollups: vec![rollup],
        };
        assert_eq!(refused(with(&series, v1::Rollup { start: None, ..rollup })), "start: is missing");
        assert_eq!(
            refused(with(&series, v1::Rollup { count: 0, ..rollup })),
            "count: must be at least 1, is 0"
        );
        let nameless = v1::Series { name: String::new(), ..series };
        assert!(refused(with(&nameless, rollup)).starts_with("name: "));
    }

    proptest! {
        #[test]
        fn rollups_are_read_as_they_were_sent(
            labels in proptest::collection::btree_map("[a-z]{1,4}", "[ -~]{0,9}", 0..4),
            rollups in proptest::collection::vec((0..Timestamp::MAX.as_micros(), any::<[f64; 4]>(), 1_u64..), 0..9),
        ) {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let series = Arc::new(Series::new("host", "load", "s", &labels).unwrap());
            let rollup = |(start, [avg, min, max, p95], count): (i64, [f64; 4], u64)| Rollup {
                start: Timestamp::from_micros(start).unwrap(),
                avg,
                min,
                max,
                count,
                p95,
            };
            let sent = SeriesRollups { series, rollups: rollups.into_iter().map(rollup).collect() };
            let read = SeriesRollups::try_from(v1::SeriesRollups::from(&sent)).unwrap();
            // As text, because one that is no number is not equal to itself.
            prop_assert_eq!(format!("{read:?}"), format!("{sent:?}"));
        }

        #[test]
        fn any_message_is_read_or_refused(source in "\\PC*", name in "\\PC*", seconds: i64, count: u64) {
            let start = Some(prost_types::Timestamp { seconds, nanos: 0 });
            let series = v1::Series { source, name, ..v1::Series::default() };
            let rollups = vec![v1::Rollup { start, count, ..v1::Rollup::default() }];
            let _ = SeriesRollups::try_from(v1::SeriesRollups { series: Some(series), rollups });
        }
    }
}
