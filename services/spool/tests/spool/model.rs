//! Any outages and crashes, against what senders were promised.

use crate::scripted_bus::{ScriptedBus, Turn};
use crate::stage::{PATIENCE, events, spool_in};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::iter::repeat_n;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use watchkeeper_ports::{BatchBuilder, EventBus as _, Failure, RecordBatch, Topic};
use watchkeeper_runtime::RoleContext;
use watchkeeper_spool::SpooledBus;

/// Senders that send at the same time, each one body after the other.
const SENDERS: usize = 4;
/// Bodies that each of them sends.
const BODIES: usize = 12;
/// Records of one body, at most.
const RECORDS: usize = 3;
/// A spool with room for a few bodies.
const FEW_BODIES: u64 = 1_500;

/// The next body of each sender: all before were accepted.
type Progress = Arc<[AtomicUsize; SENDERS]>;

fn records_of(body: usize) -> usize {
    1 + body % RECORDS
}

/// The values are `body * RECORDS + index`.
fn body(sender: usize, body: usize) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    for index in 0..records_of(body) {
        batch.push(sender.to_string().as_bytes(), (body * RECORDS + index).to_string().as_bytes());
    }
    batch.finish()
}

/// Every other sender publishes to another topic.
fn topic_of(sender: usize) -> Topic {
    if sender.is_multiple_of(2) { Topic::METRICS } else { events() }
}

/// Publishes body after body, each until it is accepted, and the next one only then.
async fn send_all(sender: usize, bus: Arc<SpooledBus>, progress: Progress) {
    let next = &progress[sender];
    while next.load(Ordering::SeqCst) < BODIES {
        match bus.publish(&topic_of(sender), body(sender, next.load(Ordering::SeqCst))).await {
            Ok(()) => _ = next.fetch_add(1, Ordering::SeqCst),
            Err(error) if error.failure() == Failure::Retry => sleep(Duration::from_secs(1)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Runs the role until the bus says that it is killed, or everything is sent and on the bus. Says whether it
/// was killed.
fn live(bus: &Arc<ScriptedBus>, dir: &Path, max_bytes: u64, progress: &Progress) -> bool {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    // What is in hand when the runtime is dropped is gone.
    runtime.block_on(async {
        let context = RoleContext::detached("test");
        let spool = Some(Ok(spool_in(dir, max_bytes)));
        let spooled = Arc::new(SpooledBus::new(&context, bus.clone(), spool, Topic::METRICS).unwrap());
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            senders.spawn(send_all(sender, spooled.clone(), progress.clone()));
        }
        let all_sent = async {
            while let Some(sent) = senders.join_next().await {
                sent.unwrap();
            }
            timeout(PATIENCE, bus.until(|bus| first_seen(bus) == [BODIES; SENDERS])).await
        };
        tokio::select! {
            biased;
            () = bus.killed.notified() => true,
            ended = spooled.run() => panic!("the role has ended: {ended:?}"),
            sent = all_sent => sent.map(|()| false).expect("everything that was accepted comes to the bus"),
        }
    })
}

/// How many bodies of each sender have come, whatever was repeated: one body after the other, each whole.
fn first_seen(bus: &ScriptedBus) -> [usize; SENDERS] {
    let mut seen = [0; SENDERS];
    for batch in [Topic::METRICS, events()].iter().flat_map(|topic| bus.batches(topic)) {
        let mut records: VecDeque<(usize, usize)> =
            batch.iter().map(|(key, value)| (key.parse().unwrap(), value.parse().unwrap())).collect();
        while let Some(&(sender, first)) = records.front() {
            let body = first / RECORDS;
            for index in 0..records_of(body) {
                let whole = Some((sender, body * RECORDS + index));
                assert_eq!(records.pop_front(), whole, "body {body} of {sender} is not whole");
            }
            assert!(body <= seen[sender], "body {body} of {sender} has overtaken body {}", seen[sender]);
            if body == seen[sender] {
                seen[sender] += 1;
            }
        }
    }
    seen
}

fn any_script() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        4 => Just(Turn::Take),
        3 => Just(Turn::Refuse),
        1 => Just(Turn::TakeAndRefuse),
        1 => Just(Turn::Hang),
        1 => Just(Turn::TakeLate),
        1 => Just(Turn::KilledBefore),
        1 => Just(Turn::KilledAfter),
    ];
    let stretch = (turn, 1..5_usize).prop_map(|(turn, times)| repeat_n(turn, times).collect::<Vec<_>>());
    prop::collection::vec(stretch, 0..12).prop_map(|stretches| stretches.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_was_accepted_comes_in_order_and_only_whole_batches_repeat(
        script in any_script(),
        is_small: bool,
    ) {
        let (bus, progress, dir) =
            (ScriptedBus::new(script), Progress::default(), tempfile::tempdir().unwrap());
        let max_bytes = if is_small { FEW_BODIES } else { 1 << 30 };
        while live(&bus, dir.path(), max_bytes, &progress) {}
        prop_assert_eq!(first_seen(&bus), [BODIES; SENDERS]);
    }
}
