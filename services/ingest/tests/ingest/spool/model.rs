//! Any outages and crashes, against what senders were promised.

use super::scripted_bus::{ScriptedBus, Turn};
use super::{PATIENCE, spool_in};
use crate::stage::{FOR_EVER, post, send};
use axum::Router;
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
use watchkeeper_ingest::{Ingest, IngestConfig};
use watchkeeper_ports::Topic;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::Access;

/// Senders that send at the same time, each one body after the other.
const SENDERS: usize = 4;
/// Bodies that each of them sends.
const BODIES: usize = 12;
/// Samples of one body, at most.
const SAMPLES: usize = 3;
/// A spool with room for a few bodies.
const FEW_BODIES: u64 = 1_500;

/// The next body of each sender: all before were accepted.
type Progress = Arc<[AtomicUsize; SENDERS]>;

fn samples_of(body: usize) -> usize {
    1 + body % SAMPLES
}

/// The values are `body * SAMPLES + index`.
fn body(sender: usize, body: usize) -> String {
    let sample = |index| {
        let value = body * SAMPLES + index;
        format!(
            r#"{{"source":"test","name":"{sender}","value":{value},"collected_at":"2026-11-20T10:00:{value:02}Z"}}"#
        )
    };
    format!("[{}]", (0..samples_of(body)).map(sample).collect::<Vec<_>>().join(","))
}

/// Sends body after body, each until it is accepted, and the next one only then.
async fn send_all(sender: usize, router: Router, progress: Progress) {
    let next = &progress[sender];
    while next.load(Ordering::SeqCst) < BODIES {
        let answer = send(&router, post(body(sender, next.load(Ordering::SeqCst)))).await;
        match answer.status {
            202 => _ = next.fetch_add(1, Ordering::SeqCst),
            503 => sleep(Duration::from_secs(1)).await,
            status => panic!("{status}"),
        }
    }
}

/// Runs the role until the bus says that it is killed, or everything is sent and on the bus. Says whether it
/// was killed.
fn live(bus: &Arc<ScriptedBus>, dir: &Path, max_bytes: u64, progress: &Progress) -> bool {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    // What is in hand when the runtime is dropped is gone.
    runtime.block_on(async {
        let context = RoleContext::detached("ingest");
        let spool = Some(Ok(spool_in(dir, max_bytes)));
        let ingest = Ingest::new(context, IngestConfig::default(), FOR_EVER, bus.clone(), spool).unwrap();
        let router = ingest.router(&Access::open());
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            senders.spawn(send_all(sender, router.clone(), progress.clone()));
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
            ended = ingest.run() => panic!("the role has ended: {ended:?}"),
            sent = all_sent => sent.map(|()| false).expect("everything that was accepted comes to the bus"),
        }
    })
}

/// How many bodies of each sender have come, whatever was repeated: one body after the other, each whole.
fn first_seen(bus: &ScriptedBus) -> [usize; SENDERS] {
    let mut seen = [0; SENDERS];
    for batch in bus.batches(&Topic::METRICS) {
        let mut samples: VecDeque<(usize, usize)> =
            batch.iter().map(|(key, value)| (sender_of(key), value_of(value))).collect();
        while let Some(&(sender, first)) = samples.front() {
            let body = first / SAMPLES;
            for index in 0..samples_of(body) {
                let whole = Some((sender, body * SAMPLES + index));
                assert_eq!(samples.pop_front(), whole, "body {body} of {sender} is not whole");
            }
            assert!(body <= seen[sender], "body {body} of {sender} has overtaken body {}", seen[sender]);
            if body == seen[sender] {
                seen[sender] += 1;
            }
        }
    }
    seen
}

fn sender_of(key: &str) -> usize {
    key.trim_start_matches("test/").parse().unwrap()
}

fn value_of(value: &str) -> usize {
    serde_json::from_str::<serde_json::Value>(value).unwrap()["value"].as_u64().unwrap().try_into().unwrap()
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
