//! Rejected records: listed, shown, replayed.

use crate::platform::Platform;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::ops::Range;
use watchkeeper_api::ApiConfig;
use watchkeeper_port_contract::hostile;
use watchkeeper_ports::limits::VALUE_HEAD_BYTES;
use watchkeeper_ports::{BatchBuilder, Cut, Header, Incomplete, Offset, Record, Topic, TopicPartition};
use watchkeeper_runtime::http::Access;
use watchkeeper_wire::dead_letter::DeadLetter;

const REPLAY: &str = "/v1/dead-letters/replay";
const DISCARD: &str = "/v1/dead-letters/discard";
/// More than one read and more than one batch.
const LETTERS: u64 = 1_203;

/// Rejects records at `offsets` of topic `metrics`, with a value and headers for each.
async fn reject_each(
    platform: &Platform,
    offsets: Range<Offset>,
    value: impl Fn(Offset) -> Vec<u8>,
    headers: &[Header],
) {
    let mut batch = BatchBuilder::default();
    for offset in offsets {
        let letter = DeadLetter {
            reason: "sample: is no JSON",
            rejected_by: "persister",
            rejected_at: "2026-01-20T10:00:00Z".parse().unwrap(),
            origin: TopicPartition::new(Topic::METRICS, 0),
            offset,
            record: Record { key: b"host/load", value: &value(offset), headers, incomplete: None },
        };
        letter.push(&mut batch);
    }
    platform.ports.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
}

/// Rejects one record.
async fn reject(platform: &Platform, offset: Offset, value: &[u8], headers: &[Header]) {
    reject_each(platform, offset..offset + 1, |_| value.to_vec(), headers).await;
}

/// The run started by a POST, once it has ended.
async fn ended(platform: &Platform, (status, mut run): (StatusCode, Value)) -> Value {
    let path = format!("/v1/dead-letters/runs/{}", run["id"].as_str().unwrap());
    let is_running = status == StatusCode::ACCEPTED;
    assert_eq!(is_running, run["state"] == "running", "{run}");
    while run["state"] == "running" {
        tokio::task::yield_now().await;
        run = platform.answer(&path).await;
    }
    run
}

/// The IDs on a page.
fn ids(page: &Value) -> Vec<&str> {
    page["dead_letters"].as_array().unwrap().iter().map(|letter| letter["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_letter_is_listed_and_shown_with_its_original_bytes() {
    let platform = Platform::start().await;
    assert_eq!(platform.answer("/v1/dead-letters").await, json!({ "dead_letters": [], "waiting": 0 }));
    reject(&platform, 41, b"{", &[("trace".into(), "1".into())]).await;
    reject(&platform, 42, b"\xff\x00", &[]).await;
    let page = platform.answer("/v1/dead-letters").await;
    assert_eq!(ids(&page), ["metrics.dead-0-0", "metrics.dead-0-1"]);
    let expected = json!({
        "id": "metrics.dead-0-0",
        "reason": "sample: is no JSON",
        "rejected_by": "persister",
        "rejected_at": "2026-01-20T10:00:00Z",
        "topic": "metrics",
        "partition": 0,
        "offset": 41,
        "key": { "text": "host/load" },
        "value": { "text": "{" },
        "headers": [{ "name": "trace", "value": "1" }],
    });
    assert_eq!(platform.answer("/v1/dead-letters/metrics.dead-0-0").await, expected);
    assert_eq!(page["dead_letters"][0], expected);
    let second = platform.answer("/v1/dead-letters/metrics.dead-0-1").await;
    assert_eq!(second["value"], json!({ "base64": "/wA=" }));
}

#[tokio::test]
async fn a_replayed_letter_has_its_bytes_back_on_its_topic_and_waits_no_more() {
    let platform = Platform::start().await;
    let value = b"{\"source\":\xff";
    reject(&platform, 41, value, &[("trace".into(), "1".into())]).await;
    reject(&platform, 42, b"x", &[]).await;
    let (status, answer) = platform.post(REPLAY, &json!({ "ids": ["metrics.dead-0-0"] })).await;
    assert_eq!((status, &answer["replayed"], &answer["waiting"]), (StatusCode::OK, &json!(1), &json!(1)));
    assert_eq!((&answer["state"], &answer["left"]), (&json!("done"), &json!(0)));

    let metrics = TopicPartition::new(Topic::METRICS, 0);
    let replayed = platform.ports.bus.read(&metrics, 0, 10).await.unwrap();
    let from = ("watchkeeper.replayed-from".to_owned(), "metrics.dead/0/0".to_owned());
    let headers = [("trace".to_owned(), "1".to_owned()), from];
    assert_eq!(replayed.records.len(), 1);
    assert_eq!(
        replayed.records.get(0),
        Record { key: b"host/load", value, headers: &headers, incomplete: None }
    );

    assert_eq!(ids(&platform.answer("/v1/dead-letters").await), ["metrics.dead-0-1"]);
    assert_eq!(platform.answer("/v1/dead-letters/metrics.dead-0-0").await["offset"], 41);
    let (status, problem) = platform.post(REPLAY, &json!({ "ids": ["metrics.dead-0-0"] })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["detail"], "there is no pending dead letter metrics.dead-0-0; nothing was done");
}

#[tokio::test]
async fn all_that_wait_are_replayed_however_many_in_their_order() {
    let platform = Platform::start().await;
    let numbered = |offset: Offset| offset.to_string().into_bytes();
    reject_each(&platform, 0..LETTERS, numbered, &[]).await;
    let run = ended(&platform, platform.post(REPLAY, &json!({ "all": true })).await).await;
    assert_eq!((&run["replayed"], &run["waiting"]), (&json!(LETTERS), &json!(0)));
    let metrics = TopicPartition::new(Topic::METRICS, 0);
    let replayed = platform.ports.bus.read(&metrics, 0, 2_000).await.unwrap();
    let values: Vec<_> = replayed.records.iter().map(|record| record.value.to_vec()).collect();
    assert_eq!(values, (0..LETTERS).map(numbered).collect::<Vec<_>>());
    let (status, answer) = platform.post(REPLAY, &json!({ "all": true })).await;
    assert_eq!((status, &answer["replayed"]), (StatusCode::OK, &json!(0)));
}

#[tokio::test]
async fn an_api_that_starts_later_knows_what_was_replayed_before() {
    let platform = Platform::start().await;
    reject_each(&platform, 0..3, |_| b"x".to_vec(), &[]).await;
    platform.post(REPLAY, &json!({ "ids": ["metrics.dead-0-1"] })).await;
    let later = Platform::on(platform.ports.clone(), ApiConfig::default(), &Access::open());
    assert_eq!(ids(&later.answer("/v1/dead-letters").await), ["metrics.dead-0-0", "metrics.dead-0-2"]);
}

#[tokio::test]
async fn a_discarded_letter_waits_no_more_and_nothing_is_sent() {
    let platform = Platform::start().await;
    reject_each(&platform, 0..3, |_| b"x".to_vec(), &[]).await;
    let (status, run) = platform.post(DISCARD, &json!({ "ids": ["metrics.dead-0-1"] })).await;
    assert_eq!((status, &run["action"], &run["discarded"]), (StatusCode::OK, &json!("discard"), &json!(1)));
    assert_eq!((&run["replayed"], &run["waiting"]), (&json!(0), &json!(2)));
    assert_eq!(
        platform.answer("/v1/dead-letters/metrics.dead-0-1").await["offset"],
        1,
        "it can still be shown"
    );
    let later = Platform::on(platform.ports.clone(), ApiConfig::default(), &Access::open());
    assert_eq!(ids(&later.answer("/v1/dead-letters").await), ["metrics.dead-0-0", "metrics.dead-0-2"]);

    let run = ended(&platform, platform.post(DISCARD, &json!({ "all": true })).await).await;
    assert_eq!((&run["discarded"], &run["waiting"]), (&json!(2), &json!(0)));
    let metrics = TopicPartition::new(Topic::METRICS, 0);
    assert!(platform.ports.bus.read(&metrics, 0, 10).await.unwrap().records.is_empty());
}

#[tokio::test]
async fn runs_are_listed_and_one_that_is_not_remembered_says_what_to_do() {
    let platform = Platform::start().await;
    reject(&platform, 0, b"x", &[]).await;
    let (_, first) = platform.post(DISCARD, &json!({ "all": true })).await;
    let (_, second) = platform.post(REPLAY, &json!({ "all": true })).await;
    let runs = platform.answer("/v1/dead-letters/runs").await;
    assert_eq!(runs, json!({ "runs": [second, first] }));
    let (status, problem) = platform.get("/v1/dead-letters/runs/x").await;
    let detail = problem["detail"].as_str().unwrap();
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        detail.starts_with("there is no run x") && detail.ends_with("start another run for the rest"),
        "{detail}"
    );
}

#[tokio::test]
async fn paging_to_the_end_gives_every_letter_once() {
    let platform = Platform::start().await;
    reject_each(&platform, 0..7, |_| b"x".to_vec(), &[]).await;
    let (mut seen, mut next) = (Vec::new(), Some(String::new()));
    while let Some(page) = next {
        let page = platform.answer(&format!("/v1/dead-letters?limit=3{page}")).await;
        seen.extend(ids(&page).iter().map(|&id| id.to_owned()));
        next = page["next_page"].as_str().map(|cursor| format!("&page={cursor}"));
    }
    assert_eq!(seen, (0..7).map(|offset| format!("metrics.dead-0-{offset}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_of_large_records_is_shorter() {
    let platform = Platform::start().await;
    let large = vec![b'x'; 900 * 1024];
    for offset in 0..6 {
        reject(&platform, offset, &large, &[]).await;
    }
    let first = platform.answer("/v1/dead-letters").await;
    assert_eq!(ids(&first).len(), 5, "4 MiB are reached with the fifth");
    let rest =
        platform.answer(&format!("/v1/dead-letters?page={}", first["next_page"].as_str().unwrap())).await;
    assert_eq!((ids(&rest), rest.get("next_page")), (vec!["metrics.dead-0-5"], None));
}

#[tokio::test]
async fn what_is_no_dead_letter_is_not_found_and_makes_no_topic() {
    let platform = Platform::start().await;
    reject(&platform, 0, b"x", &[]).await;
    platform.post(REPLAY, &json!({ "all": true })).await;
    // A marker, past the end, another partition, another topic.
    for id in ["metrics.dead-0-1", "metrics.dead-0-9", "metrics.dead-7-0", "other.dead-0-0"] {
        let (status, problem) = platform.get(&format!("/v1/dead-letters/{id}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
        assert_eq!(problem["detail"], format!("there is no dead letter {id}"));
    }
    let topics = platform.ports.bus.topics().await.unwrap();
    assert!(!topics.contains(&Topic::named("other.dead")));
    let refused = platform.refusal("/v1/dead-letters/7").await;
    assert_eq!(refused, "id: must be an ID from the list, such as metrics.dead-0-42; is \"7\"");
    assert_eq!(platform.refusal("/v1/dead-letters?limit=501").await, "limit: must be from 1 to 500, is 501");
}

#[tokio::test]
async fn a_request_to_replay_that_makes_no_sense_is_refused() {
    let platform = Platform::start().await;
    for (body, detail) in [
        (json!({}), "ids: is missing: specify either ids or all = true"),
        (json!({ "ids": ["7"] }), "ids[0]: must be an ID from the list, such as metrics.dead-0-42; is \"7\""),
        (json!({ "ids": vec!["metrics.dead-0-1"; 1001] }), "ids: has 1001 items, the limit is 1000"),
    ] {
        let (status, problem) = platform.post(REPLAY, &body).await;
        assert_eq!((status, problem["detail"].as_str()), (StatusCode::BAD_REQUEST, Some(detail)));
    }
    let (status, problem) = platform.post(REPLAY, &json!({ "al": true })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("unknown field `al`"), "{problem}");
}

/// Publishes a record to topic `metrics`, and rejects it with a truncated dead letter.
async fn reject_cut(platform: &Platform, headers: &[Header], sha256: [u8; 32]) {
    let value = vec![b'x'; 2 * VALUE_HEAD_BYTES];
    let mut batch = BatchBuilder::default();
    batch.push_with_headers(b"host/load", &value, headers.to_vec());
    platform.ports.bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
    let cut = Incomplete::Cut(Cut {
        key_bytes: 9,
        value_bytes: value.len() as u64,
        value_sha256: sha256,
        headers_left_out: 0,
        header_bytes_left_out: 0,
    });
    let (value, incomplete) = (&value[..VALUE_HEAD_BYTES], Some(&cut));
    let mut batch = BatchBuilder::default();
    let letter = DeadLetter {
        reason: "bad",
        rejected_by: "persister",
        rejected_at: "2026-01-20T10:00:00Z".parse().unwrap(),
        origin: TopicPartition::new(Topic::METRICS, 0),
        offset: 0,
        record: Record { key: b"host/load", value, headers, incomplete },
    };
    letter.push(&mut batch);
    platform.ports.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
}

fn sha256_of_the_whole() -> [u8; 32] {
    Cut::sha256(&vec![b'x'; 2 * VALUE_HEAD_BYTES])
}

#[tokio::test]
async fn a_letter_that_has_only_the_head_of_its_record_says_so() {
    let platform = Platform::start().await;
    reject_cut(&platform, &[], [0xab; 32]).await;
    let letter = platform.answer("/v1/dead-letters/metrics.dead-0-0").await;
    assert_eq!(letter["value"]["text"].as_str().unwrap().len(), VALUE_HEAD_BYTES);
    assert_eq!(
        letter["truncated"],
        json!({ "size_bytes": 8192, "sha256": "ab".repeat(32), "key_size_bytes": 9, "headers_left_out": 0 })
    );
}

#[tokio::test]
async fn the_record_of_a_truncated_letter_is_replayed_whole_from_its_position() {
    let platform = Platform::start().await;
    reject_cut(&platform, &[("trace".into(), "1".into())], sha256_of_the_whole()).await;
    let (status, answer) = platform.post(REPLAY, &json!({ "ids": ["metrics.dead-0-0"] })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["replayed"], &answer["waiting"]), (&json!(1), &json!(0)));
    let metrics = TopicPartition::new(Topic::METRICS, 0);
    let replayed = platform.ports.bus.read(&metrics, 1, 10).await.unwrap();
    let record = replayed.records.get(0);
    assert_eq!((record.value, record.header("trace")), (&vec![b'x'; 2 * VALUE_HEAD_BYTES][..], Some("1")));
}

#[tokio::test]
async fn the_head_of_a_record_is_never_replayed_as_if_it_were_the_record() {
    let platform = Platform::start().await;
    // Another record is at its offset now.
    reject_cut(&platform, &[], [0xab; 32]).await;
    reject(&platform, 42, b"x", &[]).await;
    let both = json!({ "ids": ["metrics.dead-0-0", "metrics.dead-0-1"] });
    let (status, answer) = platform.post(REPLAY, &both).await;
    assert_eq!(status, StatusCode::OK);
    let counts = ["replayed", "refused", "waiting"].map(|name| answer[name].as_u64());
    assert_eq!(counts, [Some(1), Some(1), Some(1)]);
    assert_eq!(
        answer["reason"],
        "metrics.dead-0-0 cannot be replayed: the dead letter holds only the start of the record at metrics/0 offset 0: \
         another record is there now"
    );
}

#[tokio::test]
async fn the_letter_behind_whatever_lies_on_the_topic_is_listed() {
    for seed in 0..24 {
        let platform = Platform::start().await;
        let dead = Topic::METRICS.dead_letters();
        platform.ports.bus.publish(&dead, hostile::records(seed)).await.unwrap();
        reject(&platform, 42, b"good", &[]).await;
        let end = platform.ports.bus.watermarks(&dead).await.unwrap()[0].high;
        let (mut found, mut query) = (false, String::new());
        while !found {
            let page = platform.answer(&format!("/v1/dead-letters{query}")).await;
            found = ids(&page).contains(&format!("metrics.dead-0-{}", end - 1).as_str());
            let Some(next) = page["next_page"].as_str() else { break };
            query = format!("?page={next}");
        }
        assert!(found, "seed {seed}");
    }
}
