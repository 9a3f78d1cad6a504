//! Parsing each query from its parameters.

mod alerting;
mod events;
mod reports;

pub(super) use alerting::{IncidentsQuestion, NotificationsQuestion, SilencesQuestion};
pub(super) use events::{
    AroundQuestion, CountsQuestion, ExportQuestion, FieldsQuestion, FollowQuestion, Format,
    HistogramQuestion, TopQuestion, ValuesQuestion,
};
pub(super) use reports::{ReportFormat, ReportQuestion};

use super::asked::Question;
use super::given::Given;
use super::parameter;
use crate::question::{
    DEFAULT_RANGE, DEFAULT_ROLLUPS, MAX_CHOSEN_WINDOWS, NEWEST_SAMPLES, PAGE_LETTERS, PAGE_SERIES, instant,
};
use std::time::Duration;
use utoipa::openapi::path::Parameter;
use watchkeeper_config::parse_duration;
use watchkeeper_domain::{Aggregate, RangeQuery, RollupQuery, SeriesFilter, Timestamp, Violation, Window};
use watchkeeper_query::{NewestQuestion, PageQuestion, RollupsQuestion, step_within};
use watchkeeper_wire::dead_letter::LetterId;

/// No parameters.
pub(super) struct Nothing;

impl Question for Nothing {
    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }

    fn read(_: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self)
    }
}

impl Question for SeriesFilter {
    fn parameters() -> Vec<Parameter> {
        parameter::filter().into()
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        given.filter()
    }
}

impl Question for PageQuestion {
    fn parameters() -> Vec<Parameter> {
        let page = [
            parameter::count("limit", "Maximum number of series on the page.", PAGE_SERIES),
            parameter::page(),
        ];
        parameter::filter().into_iter().chain(page).collect()
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        let (filter, limit) = (given.filter()?, given.count("limit", PAGE_SERIES)?);
        let cursor = given.take("page").map(|text| text.parse()).transpose()?;
        Ok(Self { filter, limit, cursor })
    }
}

impl Question for NewestQuestion {
    fn parameters() -> Vec<Parameter> {
        let last = parameter::count("last", "Number of newest samples.", NEWEST_SAMPLES);
        parameter::filter().into_iter().chain([last]).collect()
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self { filter: given.filter()?, limit: given.count("last", NEWEST_SAMPLES)? })
    }
}

impl Question for RangeQuery {
    fn parameters() -> Vec<Parameter> {
        let range = [
            parameter::instant("from", "Start of the range, inclusive; an hour before `to` if omitted."),
            parameter::instant("to", "End of the range, exclusive; now if omitted."),
            parameter::step(),
            parameter::aggregate(),
        ];
        parameter::filter().into_iter().chain(range).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        let filter = given.filter()?;
        let (from, to) = (moment(given, "from", now)?, moment(given, "to", now)?.unwrap_or(now));
        let from = from.unwrap_or_else(|| to.minus(DEFAULT_RANGE));
        let step = duration(given, "step")?.unwrap_or_else(|| step_within(from, to, MAX_CHOSEN_WINDOWS));
        let aggregate = given.parsed("aggregate")?.unwrap_or(Aggregate::Avg);
        Self::new(filter, from, to, step, aggregate)
    }
}

impl Question for RollupsQuestion {
    fn parameters() -> Vec<Parameter> {
        let first = format!(
            "Only windows that start at or after this time; {DEFAULT_ROLLUPS} windows before `to` if omitted."
        );
        let rollups = [
            parameter::window(),
            parameter::instant("from", &first),
            parameter::instant("to", "Only windows that end at or before this time; now if omitted."),
            parameter::count("limit", "Maximum number of series on the page.", PAGE_SERIES),
            parameter::page(),
        ];
        parameter::filter().into_iter().chain(rollups).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        let (filter, limit) = (given.filter()?, given.count("limit", PAGE_SERIES)?);
        let cursor = given.take("page").map(|text| text.parse()).transpose()?;
        let window = given.parsed("window")?.unwrap_or(Window::Hour);
        let (from, to) = (moment(given, "from", now)?, moment(given, "to", now)?.unwrap_or(now));
        let from = from.unwrap_or_else(|| window.start(to).minus(DEFAULT_ROLLUPS * window.length()));
        Ok(Self { query: RollupQuery::new(filter, window, from, to)?, limit, cursor })
    }
}

/// A page of dead letters.
pub(super) struct LettersQuestion {
    pub(super) limit: usize,
    pub(super) after: Option<LetterId>,
}

impl Question for LettersQuestion {
    fn parameters() -> Vec<Parameter> {
        vec![
            parameter::count("limit", "Maximum number of dead letters on the page.", PAGE_LETTERS),
            parameter::page(),
        ]
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        let limit = given.count("limit", PAGE_LETTERS)?;
        let after = given.take("page").map(|text| text.parse()).transpose();
        Ok(Self { limit, after: after.map_err(|Violation { reason, .. }| Violation::new("page", reason))? })
    }
}

fn moment(given: &mut Given, name: &str, now: Timestamp) -> Result<Option<Timestamp>, Violation> {
    given.take(name).map(|text| instant(name, &text, now)).transpose()
}

fn duration(given: &mut Given, name: &str) -> Result<Option<Duration>, Violation> {
    let parse = |text: String| parse_duration(&text).map_err(|reason| Violation::new(name, reason));
    given.take(name).map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::parameter::name_of;
    use super::*;
    use axum::extract::Query;
    use axum::http::Uri;
    use proptest::prelude::*;
    use watchkeeper_query::{AlertsQuestion, EventsQuestion};

    const NOW: &str = "2026-11-20T10:00:00Z";

    fn read<Q: Question>(query: &str) -> Result<Q, String> {
        let uri: Uri = format!("/?{query}").parse().unwrap();
        let given = Given::in_query(&uri);
        let read = given.and_then(|mut given| {
            let question = Q::read(&mut given, NOW.parse().unwrap())?;
            given.finish(Q::parameters().iter().map(name_of))?;
            Ok(question)
        });
        read.map_err(|violation| violation.to_string())
    }

    fn range(query: &str) -> (String, String, Duration, Aggregate) {
        let range: RangeQuery = read(query).unwrap();
        (range.from().to_string(), range.to().to_string(), range.step(), range.aggregate())
    }

    #[test]
    fn a_question_without_parameters_has_its_defaults() {
        let page: PageQuestion = read("").unwrap();
        assert_eq!((page.limit, page.cursor, page.filter), (100, None, SeriesFilter::default()));
        assert_eq!(read::<NewestQuestion>("").unwrap().limit, 20);
        assert_eq!(read::<LettersQuestion>("").unwrap().limit, 50);
        let step = Duration::from_secs(15);
        assert_eq!(range(""), ("2026-11-20T09:00:00Z".into(), NOW.into(), step, Aggregate::Avg));
    }

    #[test]
    fn a_range_is_read_as_it_is_meant() {
        assert_eq!(
            range("from=-2h&to=1h&step=5m&aggregate=p95"),
            (
                "2026-11-20T08:00:00Z".into(),
                "2026-11-20T09:00:00Z".into(),
                Duration::from_secs(300),
                Aggregate::P95
            )
        );
        assert_eq!(range("to=1h").0, "2026-11-20T08:00:00Z");
        assert_eq!(range("from=1d").2, Duration::from_secs(300));
    }

    fn rollups(query: &str) -> (Window, String, String, usize) {
        let RollupsQuestion { query, limit, .. } = read(query).unwrap();
        (query.window(), query.from().to_string(), query.to().to_string(), limit)
    }

    #[test]
    fn rollups_are_those_of_the_last_whole_windows_unless_the_question_says_otherwise() {
        let (from, to) = ("2026-11-19T10:00:00Z".to_owned(), NOW.to_owned());
        assert_eq!(rollups(""), (Window::Hour, from.clone(), to.clone(), 100));
        assert_eq!(rollups("to=2026-11-20T10:59:59Z&limit=7"), (Window::Hour, from, to, 7));
        let (from, to) = ("2026-10-27T00:00:00Z".to_owned(), "2026-11-20T00:00:00Z".to_owned());
        assert_eq!(rollups("window=day"), (Window::Day, from, to.clone(), 100));
        assert_eq!(rollups("window=day&from=2d").1, "2026-11-19T00:00:00Z");
    }

    #[test]
    fn each_parameter_is_refused_past_its_limit_by_name() {
        fn refused<Q: Question>(query: &str) -> String {
            read::<Q>(query).err().unwrap()
        }
        assert_eq!(refused::<PageQuestion>("limit=1001"), "limit: must be from 1 to 1000, is 1001");
        assert_eq!(refused::<NewestQuestion>("last=10001"), "last: must be from 1 to 10000, is 10001");
        assert_eq!(refused::<LettersQuestion>("limit=501"), "limit: must be from 1 to 500, is 501");
        assert_eq!(
            refused::<RangeQuery>("from=1h&step=300ms"),
            "step: must be a whole number of seconds, 1s or more"
        );
        assert_eq!(
            refused::<RangeQuery>("from=1d&step=1s"),
            "step: gives 86400 windows, the limit is 11000: use a longer step"
        );
        assert_eq!(refused::<RangeQuery>("from=1h&to=2h"), "from: must be before to");
        assert_eq!(
            refused::<RangeQuery>("step=60"),
            "step: needs a unit: write \"60s\" for seconds, or ms, m, h, d"
        );
        assert_eq!(
            refused::<RangeQuery>("aggregate=median"),
            "aggregate: must be one of avg, min, max, sum, count, last, p95, is \"median\""
        );
        assert_eq!(refused::<RollupsQuestion>("window=week"), "window: must be hour or day, is \"week\"");
        assert_eq!(refused::<RollupsQuestion>("from=400d"), "from: gives 9600 windows, the limit is 8808");
        assert!(refused::<LettersQuestion>("page=2").starts_with("page: must be an ID from the list"));
        assert_eq!(
            refused::<PageQuestion>("soruce=host"),
            "soruce: unknown parameter; this path accepts source, name, label.KEY, limit, page"
        );
        assert_eq!(refused::<AlertsQuestion>("limit=1001"), "limit: must be from 1 to 1000, is 1001");
        assert_eq!(refused::<NotificationsQuestion>("limit=201"), "limit: must be from 1 to 200, is 201");
        assert_eq!(refused::<SilencesQuestion>("ended="), "ended: must be true or false, is \"\"");
        assert_eq!(refused::<Nothing>("x=1"), "x: unknown parameter; this path accepts none");
    }

    /// Queries with known and unknown names and all kinds of values.
    fn any_query() -> impl Strategy<Value = String> {
        let name = "source|name|label\\.[a-z]{0,3}|limit|page|last|from|to|step|aggregate|window|state|rule|\
                    severity|ended|query|order|after|around|bars|zone|field|prefix|format|[a-z]{1,5}";
        let value = "[0-9]{1,20}|-?[0-9]{1,3}[smhdw]|[-_A-Za-z0-9]{0,20}|(%[0-9A-F]{2}){0,8}|[+&=;%]{0,4}";
        let pairs = prop::collection::vec((name, value), 0..6);
        pairs.prop_map(|pairs| {
            pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        })
    }

    fn is_read_or_refused_by_name<Q: Question>(query: &str) -> Result<(), TestCaseError> {
        let uri: Uri = format!("/?{query}").parse().unwrap();
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).unwrap();
        if let Err(refused) = read::<Q>(query) {
            let is_named = |name: &str| refused.starts_with(&format!("{name}: "));
            // One about the name of a label names them all.
            let named = pairs.iter().any(|(name, _)| is_named(name)) || is_named("label");
            // `to` alone can make `from` late.
            prop_assert!(named || is_named("from"), "{refused}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused_by_the_name_of_a_parameter(query in any_query()) {
            is_read_or_refused_by_name::<Nothing>(&query)?;
            is_read_or_refused_by_name::<SeriesFilter>(&query)?;
            is_read_or_refused_by_name::<PageQuestion>(&query)?;
            is_read_or_refused_by_name::<NewestQuestion>(&query)?;
            is_read_or_refused_by_name::<RangeQuery>(&query)?;
            is_read_or_refused_by_name::<RollupsQuestion>(&query)?;
            is_read_or_refused_by_name::<LettersQuestion>(&query)?;
            is_read_or_refused_by_name::<AlertsQuestion>(&query)?;
            is_read_or_refused_by_name::<SilencesQuestion>(&query)?;
            is_read_or_refused_by_name::<NotificationsQuestion>(&query)?;
            is_read_or_refused_by_name::<EventsQuestion>(&query)?;
            is_read_or_refused_by_name::<AroundQuestion>(&query)?;
            is_read_or_refused_by_name::<HistogramQuestion>(&query)?;
            is_read_or_refused_by_name::<TopQuestion>(&query)?;
            is_read_or_refused_by_name::<ValuesQuestion>(&query)?;
            is_read_or_refused_by_name::<FieldsQuestion>(&query)?;
            is_read_or_refused_by_name::<CountsQuestion>(&query)?;
            is_read_or_refused_by_name::<FollowQuestion>(&query)?;
            is_read_or_refused_by_name::<ExportQuestion>(&query)?;
        }
    }
}
