//! Progress of passes.

use super::start;
use crate::Fixture;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_ports::RollupStore;

fn hour(number: u32) -> Timestamp {
    start(Window::Hour, number)
}

pub async fn a_pass_that_made_nothing_has_come_nowhere<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    assert_eq!(fixture.open().await.made_until("hourly").await.unwrap(), None);
}

pub async fn how_far_a_pass_has_come_is_kept_and_replaced<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    // It may move back, to roll up again.
    for until in [hour(3), hour(4), hour(1), Timestamp::MIN, Timestamp::MAX] {
        store.set_made_until("hourly", until).await.unwrap();
        assert_eq!(store.made_until("hourly").await.unwrap(), Some(until));
    }
}

pub async fn how_far_a_pass_has_come_moves_from_where_it_is_expected_and_from_nowhere_else<
    F: Fixture<dyn RollupStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let stands = async || store.made_until("hourly").await.unwrap();
    assert!(!store.move_made_until("hourly", Some(hour(1)), hour(2)).await.unwrap());
    assert_eq!(stands().await, None);
    assert!(store.move_made_until("hourly", None, hour(3)).await.unwrap());
    assert!(!store.move_made_until("hourly", None, hour(4)).await.unwrap());
    assert!(!store.move_made_until("hourly", Some(hour(2)), hour(4)).await.unwrap());
    assert_eq!(stands().await, Some(hour(3)));
    assert!(store.move_made_until("hourly", Some(hour(3)), hour(3)).await.unwrap(), "where it is already");
    assert!(store.move_made_until("hourly", Some(hour(3)), hour(1)).await.unwrap());
    assert_eq!(stands().await, Some(hour(1)));
}

pub async fn passes_are_kept_apart<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.set_made_until("hourly", hour(3)).await.unwrap();
    store.set_made_until("daily", hour(24)).await.unwrap();
    assert_eq!(store.made_until("hourly").await.unwrap(), Some(hour(3)));
    assert_eq!(store.made_until("daily").await.unwrap(), Some(hour(24)));
    assert_eq!(store.made_until("Daily").await.unwrap(), None);
}

pub async fn how_far_a_pass_has_come_survives_reopening<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.set_made_until("hourly", hour(3)).await.unwrap();
    drop(store);
    assert_eq!(fixture.open().await.made_until("hourly").await.unwrap(), Some(hour(3)));
}
