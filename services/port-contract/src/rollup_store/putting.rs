//! Storing rollups.

use super::{all, of, put, query, rollup, start};
use crate::Fixture;
use crate::samples::series;
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_domain::{Rollup, Series, SeriesFilter, Window};
use watchkeeper_ports::{Page, RollupStore};

pub async fn an_empty_store_has_nothing<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.put(Window::Hour, &[]).await.unwrap();
    store.put(Window::Hour, &[of(&series("load", &[]), [])]).await.unwrap();
    for window in Window::ALL {
        assert_eq!(all(&*store, window).await, []);
        assert_eq!(store.prune(window, start(window, 100)).await.unwrap(), 0);
    }
}

pub async fn put_same_rollups_twice_keeps_one<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let rollups = [of(&load, [0, 1, 5].map(|hour| rollup(Window::Hour, hour, 1.0)))];
    store.put(Window::Hour, &rollups).await.unwrap();
    store.put(Window::Hour, &rollups).await.unwrap();
    assert_eq!(all(&*store, Window::Hour).await, rollups);
}

pub async fn a_rollup_is_put_in_the_place_of_the_one_that_was_there<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let [kept, replaced] = [0, 1].map(|hour| rollup(Window::Hour, hour, 1.0));
    store.put(Window::Hour, &[of(&load, [kept, replaced])]).await.unwrap();
    let made_anew = Rollup { count: 60, ..rollup(Window::Hour, 1, 70.0) };
    store.put(Window::Hour, &[of(&load, [made_anew])]).await.unwrap();
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, [kept, made_anew])]);
}

pub async fn a_rollup_of_fewer_samples_takes_nobodys_place<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let whole = Rollup { count: 60, ..rollup(Window::Hour, 0, 1.0) };
    let partly_pruned = Rollup { count: 59, ..rollup(Window::Hour, 0, 2.0) };
    let as_many = Rollup { count: 60, ..rollup(Window::Hour, 0, 3.0) };
    store.put(Window::Hour, &[of(&load, [whole])]).await.unwrap();
    store.put(Window::Hour, &[of(&load, [partly_pruned])]).await.unwrap();
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, [whole])]);
    store.put(Window::Hour, &[of(&load, [as_many])]).await.unwrap();
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, [as_many])]);
}

pub async fn windows_of_one_start_are_kept_apart<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    put(&*store, &load, Window::Hour, 0, 1.0).await;
    put(&*store, &load, Window::Day, 0, 2.0).await;
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, [rollup(Window::Hour, 0, 1.0)])]);
    assert_eq!(all(&*store, Window::Day).await, [of(&load, [rollup(Window::Day, 0, 2.0)])]);
}

pub async fn rollups_put_later_come_in_order_of_time<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    for hour in [7, 2, 9, 4] {
        put(&*store, &load, Window::Hour, hour, 1.0).await;
    }
    let in_order = [2, 4, 7, 9].map(|hour| rollup(Window::Hour, hour, 1.0));
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, in_order)]);
}

pub async fn rollups_survive_reopening<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[("host", "a")]));
    put(&*store, &load, Window::Hour, 0, 1.0).await;
    drop(store);
    let store = fixture.open().await;
    put(&*store, &load, Window::Hour, 1, 2.0).await;
    let both = [rollup(Window::Hour, 0, 1.0), rollup(Window::Hour, 1, 2.0)];
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, both)]);
}

pub async fn numbers_and_labels_come_back_exactly<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let labels = [("ключ", "значение"), ("quote", "\"\\{},=|:"), ("empty", "")];
    let odd = Arc::new(Series::new("test", "a/b:c", "°C", &labels).unwrap());
    let extreme = Rollup {
        avg: 0.1 + 0.2,
        min: f64::MIN,
        max: f64::MAX,
        count: 9_007_199_254_740_993,
        p95: 5e-324,
        ..rollup(Window::Hour, 0, 0.0)
    };
    store.put(Window::Hour, &[of(&odd, [extreme])]).await.unwrap();
    let found = all(&*store, Window::Hour).await;
    assert_eq!(found, [of(&odd, [extreme])]);
    assert_eq!(found[0].series.labels().collect::<Vec<_>>(), odd.labels().collect::<Vec<_>>());
    assert_eq!(found[0].series.unit(), "°C");
}

pub async fn a_large_put_is_stored_whole<F: Fixture<dyn RollupStore>>() {
    const SERIES: u32 = 1_000;
    const HOURS: u32 = 24;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let rollups: Vec<_> = (0..HOURS).map(|hour| rollup(Window::Hour, hour, f64::from(hour))).collect();
    let many: Vec<_> = (0..SERIES)
        .map(|number| of(&series("many", &[("number", &format!("{number:04}"))]), rollups.clone()))
        .collect();
    store.put(Window::Hour, &many).await.unwrap();
    assert_eq!(all(&*store, Window::Hour).await, many);
}

pub async fn puts_at_the_same_time_lose_nothing<F: Fixture<dyn RollupStore>>() {
    const TASKS: u32 = 16;
    const PUTS: u32 = 10;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            // All tasks see each series for the first time at about the same moment.
            for number in 0..PUTS {
                put(&*store, &series(&format!("s{number}"), &[]), Window::Hour, task, 1.0).await;
            }
        });
    }
    tasks.join_all().await;
    let query = query(&SeriesFilter::default(), Window::Hour, 0, TASKS);
    let found = store.rollups(&query, &Page::first(1_000)).await.unwrap();
    assert_eq!(found.len(), PUTS as usize);
    assert!(found.iter().all(|found| found.rollups.len() == TASKS as usize));
}
