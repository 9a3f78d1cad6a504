//! Parses messages into queries. Errors name the field of the message.

use crate::question::{BARS, NEWEST_SAMPLES, PAGE_EVENTS, PAGE_SERIES};
use watchkeeper_domain::{RangeQuery, RollupQuery, SeriesFilter, Timestamp, Violation};
use watchkeeper_ports::{EventQuery, Order};
use watchkeeper_query::{
    Bars, Cursor, EventsQuestion, NewestQuestion, PageQuestion, RollupsQuestion, event_filter, range_of,
    read_zone,
};
use watchkeeper_wire::proto::{api, v1};

pub(super) fn filter(filter: Option<v1::SeriesFilter>) -> Result<SeriesFilter, Violation> {
    SeriesFilter::from(filter.unwrap_or_default())
        .checked()
        .map_err(|violation| Violation { field: format!("filter.{}", violation.field), ..violation })
}

/// A page of series or of latest samples.
pub(super) fn page(
    asked: Option<v1::SeriesFilter>,
    page_size: i32,
    page_token: &str,
) -> Result<PageQuestion, Violation> {
    Ok(PageQuestion {
        filter: filter(asked)?,
        limit: PAGE_SERIES.checked_or_default("page_size", page_size.into())?,
        cursor: cursor(page_token)?,
    })
}

/// A page of stored rollups.
pub(super) fn rollups(request: v1::ListRollupsRequest) -> Result<RollupsQuestion, Violation> {
    let v1::ListRollupsRequest { filter, window, from, to, page_size, page_token } = request;
    Ok(RollupsQuestion {
        query: roll_up(v1::RollUpRequest { filter, window, from, to })?,
        limit: PAGE_SERIES.checked_or_default("page_size", page_size.into())?,
        cursor: cursor(&page_token)?,
    })
}

/// Rollups to compute.
pub(super) fn roll_up(request: v1::RollUpRequest) -> Result<RollupQuery, Violation> {
    filter(request.filter.clone())?;
    request.try_into()
}

fn cursor(page_token: &str) -> Result<Option<Cursor>, Violation> {
    let cursor = if page_token.is_empty() { None } else { Some(page_token.parse()) };
    cursor.transpose().map_err(|violation| Violation { field: "page_token".into(), ..violation })
}

/// The newest samples.
pub(super) fn newest(request: v1::GetSamplesRequest) -> Result<NewestQuestion, Violation> {
    let limit = NEWEST_SAMPLES.checked_or_default("limit", request.limit.into())?;
    Ok(NewestQuestion { filter: filter(request.filter)?, limit })
}

/// A page of events.
pub(super) fn events(request: v1::FindEventsRequest, now: Timestamp) -> Result<EventsQuestion, Violation> {
    let v1::FindEventsRequest { query, order, page_size, page_token } = request;
    let unknown = |_| Violation::new("order", format!("has no value {order}"));
    let order = match v1::EventOrder::try_from(order).map_err(unknown)? {
        v1::EventOrder::Unspecified | v1::EventOrder::Newest => Order::NewestFirst,
        v1::EventOrder::Oldest => Order::OldestFirst,
    };
    let limit = PAGE_EVENTS.checked_or_default("page_size", page_size.into())?;
    let query = event_query(query, now)?;
    let cursor = if page_token.is_empty() { None } else { Some(page_token.parse()) };
    let question = cursor.transpose().and_then(|cursor| EventsQuestion::new(query, order, cursor, limit));
    question.map_err(|violation| Violation { field: "page_token".into(), ..violation })
}

/// A query of events and its range.
pub(super) fn event_query(query: Option<v1::EventQuery>, now: Timestamp) -> Result<EventQuery, Violation> {
    let query = query.unwrap_or_default();
    let (from, to) = query.times()?;
    let filter = event_filter(&query.query)?;
    let time = range_of(from, to, now)
        .map_err(|violation| Violation { field: format!("query.{}", violation.field), ..violation })?;
    Ok(EventQuery { filter, time })
}

/// A histogram of events.
pub(super) fn histogram(
    request: v1::EventHistogramRequest,
    now: Timestamp,
) -> Result<(EventQuery, Bars), Violation> {
    let v1::EventHistogramRequest { query, step, bars, zone } = request;
    let query = event_query(query, now)?;
    let most = BARS.checked_or_default("bars", bars.into())?;
    let zone = read_zone(if zone.is_empty() { "UTC" } else { &zone })?;
    let bars = match step {
        Some(step) => {
            let step = step.try_into().map_err(|_| Violation::new("step", "must not be negative"))?;
            Bars::of_step(step, zone, &query.time)?
        }
        None => Bars::at_most(most, zone, &query.time),
    };
    Ok((query, bars))
}

/// A range of time.
pub(super) fn range(request: v1::GetRangeRequest) -> Result<RangeQuery, Violation> {
    filter(request.filter.clone())?;
    request.try_into()
}

/// The series with this source and name, both required.
pub(super) fn named(source: String, name: String) -> Result<SeriesFilter, Violation> {
    SeriesFilter::named(source, name).checked()
}

/// The newest samples of a source and name; `None` for limit 0, which returns nothing: the previous service passes the
/// limit to SQL as is.
pub(super) fn newest_named(request: api::GetMetricsRequest) -> Result<Option<NewestQuestion>, Violation> {
    let filter = named(request.source, request.name)?;
    if request.limit == 0 {
        return Ok(None);
    }
    let limit = NEWEST_SAMPLES.checked_or_default("limit", request.limit)?;
    Ok(Some(NewestQuestion { filter, limit }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host() -> v1::SeriesFilter {
        v1::SeriesFilter { source: "host".to_owned(), ..v1::SeriesFilter::default() }
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let question = page(None, 0, "").unwrap();
        assert_eq!((question.filter, question.limit, question.cursor), (SeriesFilter::default(), 100, None));
        let question = newest(v1::GetSamplesRequest { filter: Some(host()), limit: 0 }).unwrap();
        assert_eq!((question.filter.source.as_deref(), question.limit), (Some("host"), 20));
    }

    #[test]
    fn each_field_is_refused_past_its_limit_by_name() {
        let refused = |violation: Violation| violation.to_string();
        assert_eq!(refused(page(None, 1001, "").unwrap_err()), "page_size: must be from 1 to 1000, is 1001");
        assert_eq!(refused(page(None, -1, "").unwrap_err()), "page_size: must be from 1 to 1000, is -1");
        assert_eq!(
            refused(page(None, 0, "x").unwrap_err()),
            "page_token: must be the token that the previous page returned"
        );
        let spaced = Some(v1::SeriesFilter { name: "a b".to_owned(), ..v1::SeriesFilter::default() });
        assert!(refused(page(spaced.clone(), 0, "").unwrap_err()).starts_with("filter.name: "));
        let range = v1::GetRangeRequest { filter: spaced.clone(), ..v1::GetRangeRequest::default() };
        assert!(refused(super::range(range).unwrap_err()).starts_with("filter.name: "));
        let list = v1::ListRollupsRequest { filter: spaced, ..v1::ListRollupsRequest::default() };
        assert!(refused(rollups(list).unwrap_err()).starts_with("filter.name: "));
        let day = |page_size, page_token: &str| {
            let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
            let page_token = page_token.to_owned();
            let (from, to) = (at(0), at(86_400));
            rollups(v1::ListRollupsRequest {
                from,
                to,
                page_size,
                page_token,
                ..v1::ListRollupsRequest::default()
            })
        };
        assert_eq!(refused(day(1001, "").unwrap_err()), "page_size: must be from 1 to 1000, is 1001");
        assert!(refused(day(0, "x").unwrap_err()).starts_with("page_token: "));
        let request = v1::GetSamplesRequest { filter: None, limit: 10_001 };
        assert_eq!(refused(newest(request).unwrap_err()), "limit: must be from 1 to 10000, is 10001");
        let request = api::GetMetricsRequest { source: "host".into(), name: "load".into(), limit: -1 };
        assert_eq!(refused(newest_named(request).unwrap_err()), "limit: must be from 1 to 10000, is -1");
        assert_eq!(
            refused(named(String::new(), "load".into()).unwrap_err()),
            "source: must have 1 to 64 bytes, is empty"
        );
    }

    proptest! {
        #[test]
        fn any_message_is_read_or_refused(source in "\\PC*", name in "\\PC*", token in "\\PC*", limit: i32) {
            let filter = v1::SeriesFilter { source: source.clone(), name: name.clone(), labels: [].into() };
            let _ = page(Some(filter), limit, &token);
            let _ = newest_named(api::GetMetricsRequest { source, name, limit: limit.into() });
        }
    }
}
