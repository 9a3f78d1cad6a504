//! Which indexes are used.

use super::{append, at_least, event, ever, is};
use crate::place::Place;
use crate::samples::midnight;
use serde_json::json;
use std::time::Duration;
use watchkeeper_domain::event::{Condition, Field};
use watchkeeper_domain::{Event, EventFilter, Level};
use watchkeeper_ports::{Bar, EventStore, Order};

/// A day of events, of which few are of a bank, and few are errors.
async fn filled(place: &Place) -> std::sync::Arc<dyn EventStore> {
    let store = place.store().events();
    let events = (0..20_000).map(|number| Event {
        level: if number % 500 == 0 { Level::Error } else { Level::Info },
        service: if number % 400 == 1 { "bank" } else { "shop" }.into(),
        ..event(number * 4, "order paid", json!({"number": number}))
    });
    append(&*store, events).await;
    place.client().await.batch_execute("ANALYZE event_rows").await.unwrap();
    store
}

/// Rows that are read from the table, once what was read is known.
async fn rows_read(place: &Place) -> i64 {
    // Statistics of closed connections are complete.
    place.lose_connections().await;
    let sql = "SELECT (coalesce(sum(idx_tup_fetch), 0) + coalesce(sum(seq_tup_read), 0))::bigint
         FROM pg_stat_user_tables WHERE schemaname = current_schema() AND starts_with(relname, 'event_rows')";
    place.client().await.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_last_lines_of_a_service_are_read_without_those_of_others() {
    let place = Place::fresh();
    let store = filled(&place).await;
    let before = rows_read(&place).await;
    let of_bank = ever(is(Field::Service, "bank"));
    let page = store.events(&of_bank, Order::NewestFirst, None, 50).await;
    // The first call may meet a connection that was closed.
    let page = if page.is_err() { store.events(&of_bank, Order::NewestFirst, None, 50).await } else { page };
    assert_eq!(page.unwrap().events.len(), 50);
    let read = rows_read(&place).await - before;
    assert!(read < 500, "{read} rows were read");
}

#[tokio::test]
async fn a_days_errors_are_counted_without_the_other_events() {
    let place = Place::fresh();
    let store = filled(&place).await;
    let before = rows_read(&place).await;
    let errors: EventFilter = at_least(Level::Error).into();
    let hours: Vec<_> = (0..=24).map(|hour| midnight(0).plus(Duration::from_secs(hour * 3_600))).collect();
    let bars = store.histogram(&errors, &hours).await;
    let bars = if bars.is_err() { store.histogram(&errors, &hours).await } else { bars };
    assert_eq!(bars.unwrap().found.iter().map(Bar::events).sum::<u64>(), 40);
    let read = rows_read(&place).await - before;
    assert!(read < 500, "{read} rows were read");
}

#[tokio::test]
async fn a_narrow_range_of_time_reads_its_events_alone() {
    let place = Place::fresh();
    let store = filled(&place).await;
    let before = rows_read(&place).await;
    let minute = midnight(0).plus(Duration::from_secs(600))..midnight(0).plus(Duration::from_secs(660));
    let query =
        watchkeeper_ports::EventQuery { filter: Condition::Contains("paid".into()).into(), time: minute };
    let top = store.top(&query, &Field::Other("number".into()), 3).await;
    let top = if top.is_err() { store.top(&query, &Field::Other("number".into()), 3).await } else { top };
    assert_eq!(top.unwrap().found.others, 12);
    let read = rows_read(&place).await - before;
    assert!(read < 100, "{read} rows were read");
}
