//! What every [`ScheduleStore`] promises.

use crate::samples::after;
use crate::{Fixture, suite};
use std::collections::HashMap;
use watchkeeper_ports::ScheduleStore;

suite!(($) schedule_store_contract, schedule_store, [
    an_owner_without_marks_has_none,
    a_mark_is_kept_and_replaced,
    owners_do_not_see_each_others_marks,
    marks_survive_reopening,
]);

pub async fn an_owner_without_marks_has_none<F: Fixture<dyn ScheduleStore>>() {
    let fixture = F::fresh().await;
    assert_eq!(fixture.open().await.marks("collector").await.unwrap(), HashMap::new());
}

pub async fn a_mark_is_kept_and_replaced<F: Fixture<dyn ScheduleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.mark("collector", &[("host".into(), after(1)), ("github".into(), after(2))]).await.unwrap();
    store.mark("collector", &[("host".into(), after(3))]).await.unwrap();
    store.mark("collector", &[]).await.unwrap();
    let expected = HashMap::from([("host".to_owned(), after(3)), ("github".to_owned(), after(2))]);
    assert_eq!(store.marks("collector").await.unwrap(), expected);
}

pub async fn owners_do_not_see_each_others_marks<F: Fixture<dyn ScheduleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.mark("collector", &[("hourly".into(), after(1))]).await.unwrap();
    store.mark("analytics", &[("hourly".into(), after(2))]).await.unwrap();
    assert_eq!(store.marks("collector").await.unwrap()["hourly"], after(1));
    assert_eq!(store.marks("analytics").await.unwrap()["hourly"], after(2));
}

pub async fn marks_survive_reopening<F: Fixture<dyn ScheduleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.mark("collector", &[("host".into(), after(1))]).await.unwrap();
    drop(store);
    assert_eq!(fixture.open().await.marks("collector").await.unwrap()["host"], after(1));
}
