use super::*;
use crate::stage::{config, time};
use proptest::prelude::*;
use std::collections::BTreeMap;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Over hours, at once and after one hour and a day.
fn hours() -> Walk {
    Walk::all(&config()).swap_remove(0)
}

fn known(now: &str, oldest: Option<&str>, marks: &[(&str, &str)]) -> Known {
    let marks = marks.iter().map(|&(name, mark)| (name.to_owned(), time(mark))).collect();
    Known { now: time(now), oldest: oldest.map(time), marks }
}

/// The pass, beginning and end of what is next.
fn next(walk: &Walk, known: &Known) -> Option<(String, String, String)> {
    let chunk = walk.next(known)?;
    Some((chunk.pass.name.clone(), chunk.from.to_string(), chunk.to.to_string()))
}

fn chunk(pass: &str, from: &str, to: &str) -> (String, String, String) {
    (pass.to_owned(), time(from).to_string(), time(to).to_string())
}

#[test]
fn without_samples_nothing_is_due() {
    assert_eq!(next(&hours(), &known("20T12:00", None, &[])), None);
}

#[test]
fn a_window_is_due_once_it_has_ended_and_settled() {
    let due = |now| next(&hours(), &known(now, Some("20T10:59"), &[]));
    assert_eq!(due("20T11:04"), None);
    assert_eq!(due("20T11:05"), Some(chunk("hour", "20T10:00", "20T11:00")));
}

#[test]
fn a_window_is_due_again_after_each_delay() {
    let marks = |hour, one, day| [("hour", hour), ("hour+3600s", one), ("hour+86400s", day)];
    let at = |now, marks: &[(&str, &str)]| next(&hours(), &known(now, None, marks));
    let made = marks("20T11:00", "20T10:00", "19T11:00");
    assert_eq!(at("20T11:59", &made), None);
    assert_eq!(at("20T12:00", &made), Some(chunk("hour+86400s", "19T11:00", "19T12:00")));
    let made = marks("20T11:00", "20T10:00", "19T12:00");
    assert_eq!(at("20T12:00", &made), Some(chunk("hour+3600s", "20T10:00", "20T11:00")));
    let made = marks("20T11:00", "20T11:00", "19T12:00");
    assert_eq!(at("20T12:00", &made), None);
    assert_eq!(at("20T12:05", &made), Some(chunk("hour", "20T11:00", "20T12:00")));
}

#[test]
fn what_a_longer_delay_has_made_the_shorter_ones_do_not_make_again() {
    let behind = [("hour", "10T11:00"), ("hour+3600s", "10T10:00"), ("hour+86400s", "19T11:00")];
    let due = next(&hours(), &known("20T11:30", None, &behind));
    assert_eq!(due, Some(chunk("hour+3600s", "19T11:00", "20T10:00")));
}

#[test]
fn no_more_is_made_in_one_go_than_the_limit() {
    let due = next(&hours(), &known("28T12:00", Some("20T10:30"), &[]));
    assert_eq!(due, Some(chunk("hour+86400s", "20T10:00", "27T10:00")));
}

#[test]
fn what_would_not_be_kept_is_not_made() {
    let walk = Walk { retention: 3 * HOUR, ..hours() };
    let due = next(&walk, &known("20T12:30", Some("01T00:00"), &[]));
    assert_eq!(due, Some(chunk("hour+3600s", "20T10:00", "20T11:00")));
}

#[test]
fn a_mark_of_the_future_is_no_mark() {
    let marks = [("hour", "25T00:00"), ("hour+3600s", "20T10:00"), ("hour+86400s", "19T11:00")];
    let due = next(&hours(), &known("20T11:30", None, &marks));
    assert_eq!(due, Some(chunk("hour", "20T10:00", "20T11:00")));
    let marks = [("hour", "25T00:00"), ("hour+3600s", "25T00:00"), ("hour+86400s", "25T00:00")];
    let known = known("20T11:30", Some("20T09:00"), &marks);
    assert!(hours().begins(&known));
    assert_eq!(next(&hours(), &known), Some(chunk("hour+3600s", "20T09:00", "20T10:00")));
}

#[test]
fn how_many_windows_are_behind_is_counted_by_pass() {
    let walk = hours();
    let known = known("20T12:05", None, &[("hour", "20T09:00"), ("hour+86400s", "19T12:00")]);
    let behind: Vec<_> = walk.stands(&known).iter().map(Stand::behind).collect();
    assert_eq!(behind, [3, 23, 0]);
}

/// What became of each window: when it was made, in order.
type Made = BTreeMap<Timestamp, Vec<Timestamp>>;

/// Does all that is due at `now`, as the role does.
fn catch_up(
    walk: &Walk,
    now: Timestamp,
    oldest: Timestamp,
    marks: &mut HashMap<String, Timestamp>,
    made: &mut Made,
) {
    loop {
        let known = Known { now, oldest: Some(oldest), marks: marks.clone() };
        let Some(chunk) = walk.next(&known) else { return };
        assert!(chunk.from < chunk.to && chunk.to.since(chunk.from) <= CHUNK);
        let mut start = chunk.from;
        while start < chunk.to {
            made.entry(start).or_default().push(now);
            start = start.plus(walk.window.length());
        }
        marks.insert(chunk.pass.name.clone(), chunk.to);
    }
}

proptest! {
    /// Whenever the role happens to run.
    #[test]
    fn every_window_is_made_after_each_delay_and_never_before_its_end(
        window in 0..2_usize,
        late in 0..10_000_u64,
        pauses in proptest::collection::vec(prop_oneof![0..30_u64, 0..600_u64, 0..40_000_u64], 1..20),
    ) {
        let walk = Walk::all(&config()).swap_remove(window);
        let length = walk.window.length();
        let oldest = time("01T00:00").plus(Duration::from_secs(60 * late));
        let (mut now, mut marks, mut made) = (oldest, HashMap::new(), Made::new());
        for minutes in pauses {
            now = now.plus(Duration::from_secs(60 * minutes));
            catch_up(&walk, now, oldest, &mut marks, &mut made);

            let mut start = walk.window.start(oldest);
            while start < now {
                let end = start.plus(length);
                let times = made.get(&start).map_or(&[][..], Vec::as_slice);
                // Not one of them was made too early, nor more often than there are passes.
                prop_assert!(times.iter().all(|&at| at >= end.plus(walk.passes[0].delay)));
                prop_assert!(times.len() <= walk.passes.len());
                // Each delay that is over has been followed by a making.
                for pass in &walk.passes {
                    let is_due = end.plus(pass.delay) <= now;
                    let is_made = times.iter().any(|&at| at >= end.plus(pass.delay));
                    prop_assert_eq!(is_made, is_due, "{} at {}", pass.name, start);
                }
                start = end;
            }
            prop_assert!(made.keys().all(|&made| made >= walk.window.start(oldest)));
        }
    }

    /// However long it was down.
    #[test]
    fn catching_up_makes_each_window_once_and_in_order(days in 1..400_u64) {
        let walk = hours();
        let oldest = time("01T00:00");
        let now = oldest.plus(Duration::from_secs(days * 24 * 3_600));
        let mut marks = HashMap::new();
        let mut end = oldest;
        while let Some(chunk) = walk.next(&Known { now, oldest: Some(oldest), marks: marks.clone() }) {
            prop_assert_eq!(chunk.from, end);
            end = chunk.to;
            marks.insert(chunk.pass.name.clone(), chunk.to);
        }
        prop_assert_eq!(end, walk.window.start(now.minus(walk.passes[0].delay)));
    }
}
