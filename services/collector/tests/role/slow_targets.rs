//! One target does not delay another.

use crate::fakes::{Bus, Does, Running, SECOND, Schedule, Scripted, every};
use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_collector::Timing;

#[tokio::test(start_paused = true)]
async fn twenty_targets_that_hang_delay_none_of_the_hundred_and_eighty_others() {
    let does = |n| if n % 10 == 0 { Does::Hang } else { Does::Answer(1) };
    let targets: Vec<_> =
        (0..200).map(|n| Scripted::new(format!("t{n}"), every(10 * SECOND), does(n))).collect();
    let (bus, schedule) = (Bus::default(), Schedule::default());
    let running = Running::new(&targets, &bus, &schedule);
    sleep(595 * SECOND).await;
    let on_time: Vec<Duration> = (0..60).map(|n| n * 10 * SECOND).collect();
    for (n, target) in targets.iter().enumerate() {
        let begun = target.begun(running.start);
        if n % 10 == 0 {
            assert!(begun.len() < 20, "{} hangs and is asked less often", target.name);
        } else {
            assert_eq!(begun, on_time, "{}", target.name);
        }
    }
    assert_eq!(bus.values().len(), 180 * 60);
    assert_eq!(running.status(), "180 of 200 targets collected, 1,080 samples/min");
    assert_eq!(running.metric("watchkeeper_collector_collections_total", "ok"), 180.0 * 60.0);
    assert!(running.metric("watchkeeper_collector_collections_total", "timed_out") >= 20.0);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_targets_keep_to_their_schedule() {
    let timing = Timing::new(60 * SECOND, 60 * SECOND, SECOND);
    let targets: Vec<_> =
        (0..10_000).map(|n| Scripted::new(format!("t{n}"), timing, Does::Answer(1))).collect();
    let (bus, schedule) = (Bus::default(), Schedule::default());
    let running = Running::new(&targets, &bus, &schedule);
    sleep(180 * SECOND).await;
    for target in &targets {
        let begun = target.begun(running.start);
        assert_eq!(begun.len(), 3, "{}", target.name);
        assert!(begun.windows(2).all(|pair| pair[1] == pair[0] + 60 * SECOND), "{begun:?}");
    }
    assert!(schedule.writes() <= 181, "marks are saved together: {} writes", schedule.writes());
    running.stop().await.unwrap();
    assert_eq!(bus.values().len(), 30_000);
}
