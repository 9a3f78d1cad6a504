//! Time is virtual.

use super::*;
use std::task::Poll;
use tokio::task::yield_now;
use tokio::time::{advance, sleep, timeout};

/// A loop of a process that has no other.
fn one_loop() -> (Heartbeats, Heartbeat) {
    let heartbeats = Heartbeats::new(watch::Sender::default());
    let heartbeat = heartbeats.start("persister", "receive");
    (heartbeats, heartbeat)
}

fn told(heartbeats: &Heartbeats) -> Vec<(&'static str, u64)> {
    let waits = heartbeats.waits_of(TOLD_AFTER);
    waits.iter().map(|((_, dependency), time)| (*dependency, time.as_secs())).collect()
}

const MOMENT: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_loop_that_works_too_long_is_hung_until_it_waits_again() {
    let (heartbeats, heartbeat) = one_loop();
    advance(MAX_BUSY).await;
    assert!(heartbeats.hung().is_empty());
    advance(MOMENT).await;
    assert_eq!(heartbeats.hung(), ["persister.receive"]);
    heartbeat.idle(async {}).await;
    assert!(heartbeats.hung().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_long_round_that_gets_on_is_not_hung() {
    let (heartbeats, heartbeat) = one_loop();
    for _ in 0..10 {
        advance(MAX_BUSY).await;
        heartbeat.beat();
    }
    assert!(heartbeats.hung().is_empty());
    advance(MAX_BUSY * 2).await;
    assert_eq!(heartbeats.hung(), ["persister.receive"]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_may_wait_for_something_to_do_for_ever() {
    let (heartbeats, heartbeat) = one_loop();
    let mut waiting = pin!(heartbeat.idle(pending::<()>()));
    assert!(timeout(MAX_WAIT * 10, waiting.as_mut()).await.is_err());
    assert!(heartbeats.hung().is_empty());
    assert_eq!(told(&heartbeats), []);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_waits_for_a_dependency_is_not_hung_and_says_how_long_it_waits() {
    let (heartbeats, heartbeat) = one_loop();
    let mut waiting = pin!(heartbeat.waiting("store", sleep(MAX_BUSY * 10)));
    assert!(timeout(TOLD_AFTER.saturating_sub(MOMENT), waiting.as_mut()).await.is_err());
    assert_eq!(told(&heartbeats), []);
    assert!(timeout(MOMENT, waiting.as_mut()).await.is_err());
    assert_eq!(told(&heartbeats), [("store", TOLD_AFTER.as_secs())]);
    assert!(timeout(MAX_BUSY * 5, waiting.as_mut()).await.is_err());
    assert!(heartbeats.hung().is_empty());
    waiting.await;
    assert_eq!(told(&heartbeats), []);
}

#[tokio::test(start_paused = true)]
async fn what_a_declared_wait_computes_is_work() {
    let (heartbeats, heartbeat) = one_loop();
    for dependency in [Some("store"), None] {
        let endless = async {
            yield_now().await;
            // The thread is not given back: nothing here is pending.
            let mut blocked = pin!(advance(MAX_BUSY + MOMENT));
            while poll_fn(|context| Poll::Ready(blocked.as_mut().poll(context))).await.is_pending() {}
            heartbeats.hung()
        };
        let hung = match dependency {
            Some(dependency) => heartbeat.waiting(dependency, endless).await,
            None => heartbeat.idle(endless).await,
        };
        assert_eq!(hung, ["persister.receive"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_a_hang() {
    let (heartbeats, heartbeat) = one_loop();
    let mut waiting = pin!(heartbeat.waiting("store", pending::<()>()));
    assert!(timeout(MAX_WAIT, waiting.as_mut()).await.is_err());
    assert!(heartbeats.hung().is_empty());
    assert!(timeout(MOMENT, waiting.as_mut()).await.is_err());
    assert_eq!(heartbeats.hung(), ["persister.receive"]);
}

#[tokio::test(start_paused = true)]
async fn of_nested_waits_the_innermost_is_told() {
    let (heartbeats, heartbeat) = one_loop();
    let storing = async {
        heartbeat.waiting("bus", sleep(TOLD_AFTER * 2)).await;
        sleep(TOLD_AFTER * 2).await;
    };
    let mut storing = pin!(heartbeat.waiting("store", storing));
    assert!(timeout(TOLD_AFTER, storing.as_mut()).await.is_err());
    assert_eq!(told(&heartbeats), [("bus", TOLD_AFTER.as_secs())]);
    assert!(timeout(TOLD_AFTER + TOLD_AFTER / 2, storing.as_mut()).await.is_err());
    assert_eq!(told(&heartbeats), [], "an answer has come since");
    assert!(timeout(TOLD_AFTER, storing.as_mut()).await.is_err());
    assert_eq!(told(&heartbeats), [("store", (TOLD_AFTER + TOLD_AFTER / 2).as_secs())]);
    storing.await;
}

#[tokio::test(start_paused = true)]
async fn a_round_waits_for_nothing_by_name_but_for_what_it_says_itself() {
    let (heartbeats, heartbeat) = one_loop();
    let mut round = pin!(heartbeat.round(async {
        sleep(MAX_BUSY * 2).await;
        heartbeat.waiting("outbox", sleep(MAX_BUSY * 2)).await;
    }));
    assert!(timeout(MAX_BUSY + MOMENT, round.as_mut()).await.is_err());
    assert_eq!((heartbeats.hung(), told(&heartbeats)), (Vec::new(), Vec::new()));
    assert!(timeout(MAX_BUSY * 2, round.as_mut()).await.is_err());
    assert_eq!(told(&heartbeats), [("outbox", MAX_BUSY.as_secs())]);
    round.await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_makes_the_loop_busy() {
    let (heartbeats, heartbeat) = one_loop();
    for for_a_dependency in [false, true] {
        let waited = if for_a_dependency {
            timeout(MAX_BUSY, heartbeat.waiting("store", pending::<()>())).await
        } else {
            timeout(MAX_BUSY, heartbeat.idle(pending::<()>())).await
        };
        assert!(waited.is_err());
        assert!(heartbeats.hung().is_empty());
        advance(MAX_BUSY + MOMENT).await;
        assert_eq!(heartbeats.hung(), ["persister.receive"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_has_ended_is_not_hung() {
    let (heartbeats, heartbeat) = one_loop();
    drop(heartbeat);
    advance(MAX_BUSY * 2).await;
    assert!(heartbeats.hung().is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_two_loops_the_one_that_waits_the_longest_is_told() {
    let (heartbeats, first) = one_loop();
    let second = heartbeats.start("persister", "prune");
    let mut first = pin!(first.waiting("store", pending::<()>()));
    assert!(timeout(TOLD_AFTER, first.as_mut()).await.is_err());
    let mut second = pin!(second.waiting("store", pending::<()>()));
    assert!(timeout(TOLD_AFTER, second.as_mut()).await.is_err());
    assert_eq!(told(&heartbeats), [("store", 2 * TOLD_AFTER.as_secs())]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_a_test_wants_to_hang_hangs_at_its_first_wait_and_no_other_loop_does() {
    let heartbeats = Heartbeats::new(watch::Sender::default());
    heartbeats.hang("persister.receive".to_owned());
    let (hangs, other) = (heartbeats.start("persister", "receive"), heartbeats.start("persister", "prune"));
    other.waiting("store", async {}).await;
    let mut other = pin!(other.idle(pending::<()>()));
    for for_a_dependency in [false, true] {
        let waited = if for_a_dependency {
            timeout(MAX_BUSY / 2, hangs.waiting("store", async {})).await
        } else {
            timeout(MAX_BUSY / 2, hangs.idle(async {})).await
        };
        assert!(waited.is_err(), "what it waits for is never polled");
    }
    assert!(heartbeats.hung().is_empty());
    assert!(timeout(MOMENT, other.as_mut()).await.is_err());
    assert_eq!(heartbeats.hung(), ["persister.receive"]);
    assert_eq!(told(&heartbeats), [], "it waits for nothing that it has declared");
}
