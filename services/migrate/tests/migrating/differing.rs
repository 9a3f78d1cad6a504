//! What is there already stays.

use crate::contents::Contents;
use crate::filled::{SAMPLES, at, filled, notification, sample, series};
use crate::installation::{Installation, counts, moved};
use std::sync::Arc;
use watchkeeper_domain::{Notification, NotificationState, Sample};
use watchkeeper_migrate::Counts;
use watchkeeper_ports::{Append, GroupChange, Lease, Outcome, Plan};

async fn append(there: &Installation, samples: Vec<Sample>) {
    there.stores.samples.append(Arc::new(Append::of(samples))).await.unwrap();
}

#[tokio::test]
async fn a_sample_that_says_something_else_stays_and_is_told() {
    let (here, there) = (filled().await, Installation::fresh());
    let other = Sample { value: 99.0, ..sample("b", 3) };
    append(&there, vec![other.clone(), sample("c", 4)]).await;
    let report = moved(&here.to(&there)).await;
    let (copied, verified) = (SAMPLES - 2, SAMPLES - 1);
    let expected = Counts { there: 2, copied, different: 1, verified, missing: 0 };
    assert_eq!(counts(&report, "samples"), expected);
    let samples = Contents::of(&there).await.samples;
    assert!(samples.contains(&other) && !samples.contains(&sample("b", 3)));
}

#[tokio::test]
async fn what_only_there_has_is_left_alone_and_not_counted() {
    let (here, there) = (filled().await, Installation::fresh());
    append(&there, vec![sample("e", 3), sample("a", 3_000)]).await;
    let report = moved(&here.to(&there)).await;
    assert_eq!(counts(&report, "samples").there, 0);
    assert_eq!(Contents::of(&there).await.samples.len() as u64, SAMPLES + 2);
}

#[tokio::test]
async fn a_group_and_an_alert_of_there_stay_and_are_told() {
    let (here, there) = (filled().await, Installation::fresh());
    let state = Some(b"other".as_slice().into());
    let groups = vec![GroupChange { key: "rule=busy".into(), expected: 0, state }];
    there.stores.notifications.plan(Arc::new(Plan { groups, ..Plan::default() })).await.unwrap();
    let report = moved(&here.to(&there)).await;
    assert_eq!(counts(&report, "alert groups").different, 1);
    assert_eq!(Contents::of(&there).await.groups, [("rule=busy".to_owned(), b"other".to_vec())]);
}

#[tokio::test]
async fn marks_that_are_further_there_stay_and_older_ones_follow() {
    let (here, there) = (filled().await, Installation::fresh());
    let marks = [("github".to_owned(), at(0)), ("host".to_owned(), at(50))];
    there.stores.schedule.mark("collector", &marks).await.unwrap();
    there.rollups.set_made_until("hour", at(50)).await.unwrap();
    let report = moved(&here.to(&there)).await;
    let contents = Contents::of(&there).await;
    assert_eq!(contents.marks, [("github".to_owned(), at(1)), ("host".to_owned(), at(50))].into());
    assert_eq!(contents.passes, [Some(at(3)), Some(at(50))]);
    assert_eq!(report.total().different, 0);
}

#[tokio::test]
async fn a_notification_that_there_has_sent_since_stays_sent() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&here.to(&there)).await;
    there
        .stores
        .notifications
        .settle(&Lease::new("waiting-1", at(7)), &Outcome::Delivered { at: at(60) })
        .await
        .unwrap();
    let report = moved(&here.to(&there)).await;
    let sent =
        Contents::of(&there).await.notifications.into_iter().find(|one| one.id == "waiting-1").unwrap();
    assert_eq!(sent.state, NotificationState::Delivered { at: at(60) });
    assert_eq!(counts(&report, "notifications").different, 0);
}

#[tokio::test]
async fn a_notification_that_was_planned_but_not_settled_when_a_move_was_cut_off_is_settled() {
    let (here, there) = (filled().await, Installation::fresh());
    let notifications =
        vec![Notification { recipient: "dba@example.org".into(), ..notification("delivered") }];
    there.stores.notifications.plan(Arc::new(Plan { notifications, ..Plan::default() })).await.unwrap();
    moved(&here.to(&there)).await;
    assert_eq!(Contents::of(&there).await.notifications.len(), 4);
    let sent =
        Contents::of(&there).await.notifications.into_iter().find(|one| one.id == "delivered").unwrap();
    assert_eq!(sent.state, NotificationState::Delivered { at: at(5) });
}

#[tokio::test]
async fn a_rollup_that_says_something_else_stays_even_if_it_was_made_of_fewer_samples() {
    let (here, there) = (filled().await, Installation::fresh());
    let mut rollups = Contents::of(&here).await.rollups[0].clone();
    rollups.retain(|of_series| of_series.series == series("b"));
    rollups[0].rollups.truncate(1);
    rollups[0].rollups[0].count = 1;
    there.rollups.put(watchkeeper_domain::Window::Hour, &rollups).await.unwrap();
    let report = moved(&here.to(&there)).await;
    assert_eq!(
        counts(&report, "hourly rollups"),
        Counts { there: 1, copied: 8, different: 1, verified: 8, missing: 0 }
    );
    let kept = &Contents::of(&there).await.rollups[0][1];
    assert_eq!((kept.series.clone(), kept.rollups[0].count), (series("b"), 1));
}
