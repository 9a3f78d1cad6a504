//! A migration that was cut off is started again.

use crate::contents::{Contents, positions, records};
use crate::filled::{RECORDS, filled};
use crate::fragile::{Fuse, behind};
use crate::installation::{Installation, moved, passes};
use watchkeeper_migrate::run;
use watchkeeper_ports::Topic;

const TOPICS: fn() -> [Topic; 2] = || [Topic::METRICS, Topic::METRICS.dead_letters()];

/// Everything here is there once, and consumers begin where they are to.
async fn assert_is_moved(here: &Contents, there: &Installation, when: &str) {
    assert_eq!(&Contents::of(there).await, here, "{when}");
    for (topic, expected) in TOPICS().into_iter().zip([RECORDS.0 - RECORDS.2, 2]) {
        assert_eq!(records(there, &topic).await.len() as u64, expected, "{topic}, {when}");
    }
    assert_eq!(positions(there, &Topic::METRICS).await, [Some(RECORDS.1 - RECORDS.2), None], "{when}");
}

/// How many calls a whole migration makes there.
async fn calls_of_a_move(here: &Installation) -> usize {
    let fuse = Fuse::blows_at(usize::MAX);
    run(&behind(&fuse, here, &Installation::fresh()), &passes(), &mut |_| {}).await.unwrap();
    fuse.calls()
}

#[tokio::test]
async fn wherever_it_was_cut_off_nothing_is_lost_and_nothing_is_there_twice() {
    let here = filled().await;
    let (contents, calls) = (Contents::of(&here).await, calls_of_a_move(&here).await);
    for call in 0..calls {
        let (there, fuse) = (Installation::fresh(), Fuse::blows_at(call));
        let cut_off = run(&behind(&fuse, &here, &there), &passes(), &mut |_| {}).await;
        let when = format!("cut off before call {call} of {calls}");
        assert!(cut_off.unwrap_err().to_string().contains("the process is gone"), "{when}");
        let report = moved(&here.to(&there)).await.total();
        assert_eq!((report.different, report.missing), (0, 0), "{when}");
        assert_is_moved(&contents, &there, &when).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_goes_away_again_and_again_is_waited_for() {
    let here = filled().await;
    let contents = Contents::of(&here).await;
    for every in [13, 17, 29] {
        for is_done in [false, true] {
            let (there, fuse) = (Installation::fresh(), Fuse::flickers(every, is_done));
            let report = run(&behind(&fuse, &here, &there), &passes(), &mut |_| {}).await.unwrap();
            assert_eq!((report.total().different, report.total().missing), (0, 0));
            assert_is_moved(&contents, &there, &format!("away at every {every}. call")).await;
        }
    }
}
