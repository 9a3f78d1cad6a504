//! Refused samples, duplicates, and changes by other processes.

use crate::place::Place;
use crate::samples::{DAY, batch, everything, midnight, moving, position, sample};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::limits::{MAX_LABEL_VALUE_BYTES, MAX_LABELS_BYTES};
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{Append, Appended, Failure, Page, PortError, SampleStore};

async fn rejected(store: &dyn SampleStore, append: Arc<Append<Sample>>) -> String {
    match store.append(append).await {
        Err(PortError::Rejected { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_engine_refuses_is_rejected_with_nothing_stored_and_the_others_can_be() {
    let place = Place::fresh();
    let store = place.store().samples();
    store.check().await.unwrap();
    place.client().await.batch_execute("ALTER TABLE samples ADD CHECK (value <> 13)").await.unwrap();
    let (good, bad) = (sample("good", midnight(0), 1.0), sample("bad", midnight(0), 13.0));
    let reason = rejected(&*store, moving([good.clone(), bad.clone()], 0, 2)).await;
    assert!(reason.contains("23514"), "{reason}");
    assert_eq!(everything(&*store).await, []);
    assert_eq!(position(&*store).await, None);
    // Bisects like the persister, until the bad sample is alone.
    store.append(batch([good.clone()])).await.unwrap();
    rejected(&*store, batch([bad])).await;
    store.append(moving([], 0, 2)).await.unwrap();
    assert_eq!(everything(&*store).await, [good]);
}

#[tokio::test]
async fn what_is_not_a_number_is_rejected() {
    let place = Place::fresh();
    let store = place.store().samples();
    for value in [f64::NAN, f64::INFINITY] {
        let reason = rejected(&*store, batch([sample("load", midnight(0), value)])).await;
        assert_eq!(reason, "value: must be a finite number");
    }
}

#[tokio::test]
async fn samples_that_come_again_and_again_are_stored_once_with_those_that_are_new() {
    let place = Place::fresh();
    let store = place.store().samples();
    let at = |second| midnight(0).plus(Duration::from_secs(second));
    for round in 0..4 {
        // The first by COPY, which fails for the second; the third uses INSERT at once.
        let samples = [sample("same", at(0), 1.0), sample("new", at(round), 2.0)];
        let stored = if round == 0 { 2 } else { 1 };
        let appended = store.append(batch(samples)).await.unwrap();
        assert_eq!(appended, Appended { stored, repeated: 2 - stored });
    }
    let appended = store.append(batch([sample("new", at(9), 1.0)])).await.unwrap();
    assert_eq!(appended, Appended { stored: 1, repeated: 0 });
    assert_eq!(everything(&*store).await.len(), 6);
}

#[tokio::test]
async fn a_series_with_the_longest_key_is_stored_and_found() {
    let place = Place::fresh();
    let store = place.store().samples();
    // Random, so that it is not compressed to fit an index.
    let mut state = 7_u64;
    let mut random = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
    };
    let count = MAX_LABELS_BYTES / MAX_LABEL_VALUE_BYTES;
    let labels: Vec<(String, String)> = (0..count)
        .map(|number| (number.to_string(), (1..MAX_LABEL_VALUE_BYTES).map(&mut random).collect()))
        .collect();
    let mut all = Vec::new();
    for last in ["a", "b", "c"] {
        let mut labels: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let value = format!("{}{last}", &labels[count - 1].1[1..]);
        labels[count - 1].1 = &value;
        let series = Arc::new(Series::new("test", "long", "", &labels).unwrap());
        all.push(Sample::new(series, midnight(0), 1.0));
    }
    assert_eq!(store.append(batch(all.clone())).await.unwrap().stored, 3);
    assert_eq!(store.append(batch(all.clone())).await.unwrap().repeated, 3);
    all.sort_by(|one, other| one.series.cmp(&other.series));
    for (index, sample) in all.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| all[before].series.key().to_owned());
        let page = Page { after: before, limit: 1 };
        assert_eq!(
            store.latest(&SeriesFilter::default(), &page, Timestamp::MAX).await.unwrap(),
            std::slice::from_ref(sample)
        );
    }
}

#[tokio::test]
async fn a_batch_may_have_as_many_new_days_as_it_has_samples() {
    let place = Place::fresh();
    let store = place.store().samples();
    let samples: Vec<_> = (0..101).map(|day| sample("daily", midnight(day), 1.0)).collect();
    store.append(batch(samples.clone())).await.unwrap();
    assert_eq!(store.append(batch(samples)).await.unwrap(), Appended { stored: 0, repeated: 101 });
}

#[tokio::test]
async fn a_day_that_another_process_has_pruned_is_made_again() {
    let place = Place::fresh();
    let (store, other) = (place.store().samples(), place.store().samples());
    store.append(batch([sample("load", midnight(0), 1.0)])).await.unwrap();
    assert_eq!(other.prune(midnight(2)).await.unwrap(), 1);
    let late = batch([sample("load", midnight(0).plus(DAY / 2), 2.0)]);
    // The appender does not know yet, and gets a retryable error.
    let error = store.append(late.clone()).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Retry, "{error}");
    store.append(late.clone()).await.unwrap();
    assert_eq!(everything(&*store).await, late.items);
}

#[tokio::test]
async fn a_series_that_another_process_has_pruned_gets_a_number_anew() {
    let place = Place::fresh();
    let (store, other) = (place.store().samples(), place.store().samples());
    store.append(batch([sample("load", midnight(0), 1.0), sample("free", midnight(9), 1.0)])).await.unwrap();
    for day in 2..5 {
        other.prune(midnight(day)).await.unwrap();
        let back = sample("load", midnight(day), 2.0);
        store.append(batch([back.clone()])).await.unwrap();
        assert!(everything(&*store).await.contains(&back), "on day {day}");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_has_happened_or_not_and_holds_up_nobody() {
    let place = Place::fresh();
    let store = place.store().samples();
    let samples: Vec<_> =
        (0..5_000).map(|second| sample("load", midnight(0).plus(Duration::from_secs(second)), 1.0)).collect();
    for micros in [0, 500, 1_000, 2_000, 5_000, 10_000, 20_000] {
        let append = moving(samples.clone(), 0, 5_000);
        let _ = tokio::time::timeout(Duration::from_micros(micros), store.append(append.clone())).await;
        let position = position(&*store).await;
        let stored = everything(&*store).await.len();
        // Both or neither; a commit in flight may land between the two queries.
        assert!(position != Some(5_000) || stored == 5_000, "{position:?}, {stored} samples");
        assert!(stored == 0 || stored == 5_000, "{stored} samples");
    }
}
