//! What a migration carries.

use crate::contents::{Contents, places, positions, positions_on, records};
use crate::filled::{EVENT_RECORDS, EVENTS, RECORDS, SAMPLES, at, filled, metrics};
use crate::installation::{Installation, counts, moved};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Sample;
use watchkeeper_migrate::{Counts, Migration, StoreMigration};
use watchkeeper_ports::{Append, Claimed, Topic};
use watchkeeper_wire::sample::SampleDecoder;

#[tokio::test]
async fn everything_is_there_and_here_is_as_it_was() {
    let (here, there) = (filled().await, Installation::fresh());
    let before = Contents::of(&here).await;
    let report = moved(&here.to(&there)).await;
    assert_eq!(Contents::of(&there).await, before);
    assert_eq!(Contents::of(&here).await, before);
    let total = report.total();
    // The destination counts the events that it gets.
    let counted = counts(&report, "numbers of events");
    assert_eq!((total.there, total.different, total.missing), (counted.there, 0, 0));
    assert_eq!(total.there + total.copied, total.verified);
    let samples = Counts { copied: SAMPLES, verified: SAMPLES, ..Counts::default() };
    assert_eq!(counts(&report, "samples"), samples);
    let events = Counts { copied: EVENTS, verified: EVENTS, ..Counts::default() };
    assert_eq!(counts(&report, "events"), events);
    assert!(counted.there > 0 && counted.copied > 0, "those that were pruned are counted, too");
}

#[tokio::test]
async fn what_was_not_read_to_the_end_lies_on_the_new_bus_as_it_was() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&here.to(&there)).await;
    let unread: Vec<_> = records(&here, &Topic::METRICS).await.split_off(usize::try_from(RECORDS.2).unwrap());
    let expected =
        (RECORDS.2..).zip(unread).map(|(offset, (_, whole))| (Some(format!("metrics/0/{offset}")), whole));
    assert_eq!(records(&there, &Topic::METRICS).await, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn event_records_that_the_processor_has_not_done_are_on_the_new_bus_and_no_others() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&here.to(&there)).await;
    let done = usize::try_from(EVENT_RECORDS.1).unwrap();
    let unread = records(&here, &Topic::EVENTS).await.split_off(done);
    let expected = (EVENT_RECORDS.1..)
        .zip(unread)
        .map(|(offset, (_, whole))| (Some(format!("events/0/{offset}")), whole));
    assert_eq!(records(&there, &Topic::EVENTS).await, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn the_dead_letters_that_wait_are_there_and_no_others() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&here.to(&there)).await;
    let letters = Topic::METRICS.dead_letters();
    let expected = ["metrics.dead/0/0".to_owned(), "metrics.dead/0/2".to_owned()].into();
    assert_eq!(places(&there, &letters).await, expected);
}

#[tokio::test]
async fn a_second_move_copies_nothing_and_verifies_everything() {
    let (here, there) = (filled().await, Installation::fresh());
    let first = moved(&here.to(&there)).await.total();
    let (contents, unread) = (Contents::of(&there).await, records(&there, &Topic::METRICS).await);
    let second = moved(&here.to(&there)).await.total();
    assert_eq!(second, Counts { there: first.there + first.copied, copied: 0, ..first });
    assert_eq!(Contents::of(&there).await, contents);
    assert_eq!(records(&there, &Topic::METRICS).await, unread);
}

#[tokio::test]
async fn nothing_is_moved_from_an_empty_installation() {
    let (here, there) = (Installation::fresh(), Installation::fresh());
    assert_eq!(moved(&here.to(&there)).await.total(), Counts::default());
}

#[tokio::test]
async fn a_store_that_moves_without_its_bus_goes_on_where_it_stood() {
    let (here, there) = (filled().await, Installation::fresh());
    let whole = here.to(&there);
    let store = whole.store.map(|store| StoreMigration { new_bus: None, ..store });
    let report = moved(&Migration { store, rollups: None }).await;
    for topic in [Topic::METRICS, Topic::METRICS.dead_letters()] {
        let stood = positions(&here, &topic).await;
        assert_eq!(positions_on(&*here.bus, &there, &topic).await, stood, "on the bus that stays");
        assert_eq!(there.bus.watermarks(&topic).await.unwrap()[0].high, 0);
    }
    assert_eq!(Contents::of(&there).await.memories, Contents::of(&here).await.memories);
    assert_eq!(counts(&report, "positions").verified, 4);
    assert!(report.lines.iter().all(|line| line.what != "unread records"));
}

#[tokio::test]
async fn rollups_move_alone() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&Migration { store: None, rollups: here.to(&there).rollups }).await;
    let (here, there) = (Contents::of(&here).await, Contents::of(&there).await);
    assert_eq!((there.rollups, there.passes), (here.rollups, here.passes));
    assert_eq!((there.samples, there.alerts), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn unread_samples_are_stored_once_whoever_stored_them_before() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&here.to(&there)).await;
    let mut decoder = SampleDecoder::default();
    let batch = there.bus.read(&metrics(), 0, 100).await.unwrap();
    let samples: Vec<Sample> =
        batch.records.iter().filter_map(|record| decoder.decode(record.value).ok()).collect();
    assert_eq!(samples.len(), 5, "all but the poison");
    for _ in 0..2 {
        let append = Append::of(samples.clone());
        there.stores.samples.append(Arc::new(append)).await.unwrap();
    }
    assert_eq!(Contents::of(&there).await.samples.len() as u64, SAMPLES + 5);
}

#[tokio::test]
async fn a_notification_that_was_delivered_is_not_sent_again_and_one_that_waits_is() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&here.to(&there)).await;
    let claim = || there.stores.notifications.claim(at(100_000), Duration::from_secs(60), 10);
    let ids = |claimed: Vec<Claimed>| {
        claimed.into_iter().map(|claimed| claimed.notification.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(claim().await.unwrap()), ["waiting-2"], "it takes the place of the first");
    assert_eq!(ids(claim().await.unwrap()), Vec::<String>::new());
    assert_eq!(there.stores.notifications.waiting().await.unwrap(), 1);
}
