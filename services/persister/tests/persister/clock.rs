//! What becomes of samples whose time cannot be right, and of those that are stored when it is the clock's.

use crate::stage::{Stage, config, sample};
use std::time::Duration;
use watchkeeper_domain::limits::{MAX_AHEAD, MAX_WAIT};
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_persister::PersisterConfig;
use watchkeeper_ports::ScheduleStore as _;
use watchkeeper_wire::dead_letter::DeadLetter;
use watchkeeper_wire::sample::SampleDecoder;

const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn at(number: u32, collected_at: Timestamp) -> Sample {
    Sample { collected_at, ..sample(number) }
}

#[tokio::test]
async fn a_sample_past_the_retention_or_ahead_of_the_clock_becomes_a_dead_letter_and_its_neighbours_are_stored()
 {
    let stage = Stage::new();
    let now = Timestamp::now();
    let (early, late) = ("2009-11-20T10:00:00Z".parse().unwrap(), "9998-11-20T10:00:00Z".parse().unwrap());
    // What was in order when it was accepted is stored, although it waited and the clocks differ.
    let waited = now.minus(config().retention).minus(MAX_WAIT.saturating_sub(DAY));
    let ahead = now.plus(MAX_AHEAD);
    let samples = [at(0, early), at(1, now), at(2, late), at(3, waited), at(4, ahead)];
    stage.publish_samples(&samples).await;
    let role = stage.run(config());
    stage.samples.comes_to(5).await;
    role.stop_well().await;
    let stored = stage.stored().await;
    assert!(
        stored.contains(&1) && stored.contains(&4) && !stored.contains(&0) && !stored.contains(&2),
        "{stored:?}"
    );
    let appended: Vec<_> = stage.samples.appends().iter().flat_map(|append| append.items.clone()).collect();
    assert!(appended.iter().any(|sample| sample.collected_at == waited), "{appended:?}");
    let letters = stage.dead_letters().await;
    let letters: Vec<_> = letters.records.iter().map(|record| DeadLetter::read(record).unwrap()).collect();
    let reasons: Vec<_> = letters.iter().map(|letter| letter.reason).collect();
    assert_eq!(reasons[0], "collected_at: is 2009-11-20T10:00:00Z, older than the retention of 90 days");
    assert!(reasons[1].ends_with("s in the future, the limit is 1200 s"), "{reasons:?}");
    assert_eq!(reasons.len(), 2);
}

#[tokio::test]
async fn by_a_clock_that_has_jumped_ahead_nothing_is_removed_and_nothing_refused() {
    let stage = Stage::new();
    // As if the clock were five years ahead: everything there is, and everything that comes, is five years old.
    stage.looked_at_the_clock(5 * YEAR).await;
    let then = Timestamp::now().minus(5 * YEAR);
    let stored = [at(0, then.minus(80 * DAY)), at(1, then)];
    stage.store(&stored).await;
    stage.publish_samples(&[at(2, then.plus(DAY)), at(3, Timestamp::now())]).await;
    let role = stage.run(config());
    // With the sample that tells of the clock.
    stage.samples.comes_to(3).await;
    stage.samples.called("prune", |calls| calls.ended > 0).await;
    let says = role.status();
    assert!(
        says.starts_with("the clock jumped: it is 1825 days ahead of the last trusted reading, "),
        "{says}"
    );
    role.stop_well().await;
    let stored = stage.stored().await;
    assert!([0, 1, 2, 3].iter().all(|number| stored.contains(number)), "{stored:?}");
    assert_eq!(stage.dead_letters().await.records.len(), 0);
}

#[tokio::test]
async fn by_a_clock_that_has_fallen_behind_nothing_is_refused() {
    let stage = Stage::new();
    stage.looked_at_the_clock(Duration::ZERO).await;
    let ahead = Timestamp::now().plus(5 * YEAR);
    let marks = [("clock believed".to_owned(), ahead)];
    stage.schedule.mark("persister", &marks).await.unwrap();
    stage.publish_samples(&[at(0, ahead), at(1, Timestamp::now())]).await;
    let role = stage.run(config());
    // With the sample that tells of the clock.
    stage.samples.comes_to(3).await;
    let says = role.status();
    assert!(
        says.starts_with("the clock jumped: it is 1824 days behind the last trusted reading, "),
        "{says}"
    );
    role.stop_well().await;
    assert_eq!(stage.dead_letters().await.records.len(), 0);
}

#[tokio::test]
async fn at_the_first_look_the_newest_sample_bears_witness_to_the_time() {
    let stage = Stage::new();
    let then = Timestamp::now().minus(5 * YEAR);
    let stored = [at(0, then.minus(7 * DAY)), at(1, then.minus(5 * DAY)), at(2, then)];
    stage.store(&stored).await;
    let role = stage.run(PersisterConfig { retention: 6 * DAY, ..config() });
    stage.samples.called("prune", |calls| calls.ended > 0).await;
    role.stop_well().await;
    let stored = stage.stored().await;
    assert!(!stored.contains(&0) && stored.contains(&1) && stored.contains(&2), "{stored:?}");
}

#[tokio::test]
async fn while_the_clock_is_doubted_a_sample_says_by_how_much() {
    let stage = Stage::new();
    stage.looked_at_the_clock(5 * YEAR).await;
    let role = stage.run(config());
    stage.samples.comes_to(1).await;
    role.stop_well().await;
    let appended: Vec<_> = stage.samples.appends().iter().flat_map(|append| append.items.clone()).collect();
    assert_eq!(appended[0].series.key(), "watchkeeper/clock_disagreement{role=\"persister\"} seconds");
    assert!(appended[0].value >= (5 * YEAR).as_secs_f64(), "{appended:?}");
    let mut decoder = SampleDecoder::new();
    let published = stage.metrics().await;
    assert_eq!(decoder.decode(published.records.get(0).value).unwrap(), appended[0]);
}
