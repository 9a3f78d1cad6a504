//! Rejected records: listed, shown, replayed.

use crate::platform::Platform;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::ops::Range;
use watchkeeper_api::ApiConfig;
use watchkeeper_ports::{BatchBuilder, Header, Offset, Record, Topic, TopicPartition};
use watchkeeper_runtime::http::Access;
use watchkeeper_wire::dead_letter::DeadLetter;

const REPLAY: &str = "/v1/dead-letters/replay";
const DISCARD: &str = "/v1/dead-letters/discard";
/// More than one read and more than one batch.
const LETTERS: u64 = 1_203;

/// Rejects the records that were at `offsets` of topic `metrics`, with a value and headers for each.
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
            record: Record { key: b"host/load", value: &value(offset), headers },
        };
        letter.push(&mut batch);
    }
    platform.ports.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
}

/// Rejects one record.
async fn reject(platform: &Platform, offset: Offset, value: &[u8], headers: &[Header]) {
    reject_each(platform, offset..offset + 1, |_| value.to_vec(), headers).await;
}

/// The run that a post has begun, once it has ended.
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

/// The ids that a page lists.
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
    assert_eq!(replayed.records.get(0), Record { key: b"host/load", value, headers: &headers });

    assert_eq!(ids(&platform.answer("/v1/dead-letters").await), ["metrics.dead-0-1"]);
    assert_eq!(platform.answer("/v1/dead-letters/metrics.dead-0-0").await["offset"], 41);
    let (status, problem) = platform.post(REPLAY, &json!({ "ids": ["metrics.dead-0-0"] })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["detail"], "there is no dead letter metrics.dead-0-0 that waits; nothing was done");
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
        detail.starts_with("there is no run x") && detail.ends_with("another run goes on with the rest"),
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
    assert_eq!(refused, "id: must be as in the list, such as metrics.dead-0-42; is \"7\"");
    assert_eq!(platform.refusal("/v1/dead-letters?limit=501").await, "limit: must be from 1 to 500, is 501");
}

#[tokio::test]
async fn a_request_to_replay_that_makes_no_sense_is_refused() {
    let platform = Platform::start().await;
    for (body, detail) in [
        (json!({}), "ids: is missing, and all is not true: give one of them"),
        (json!({ "ids": ["7"] }), "ids[0]: must be as in the list, such as metrics.dead-0-42; is \"7\""),
        (json!({ "ids": vec!["metrics.dead-0-1"; 1001] }), "ids: has 1001 items, the limit is 1000"),
    ] {
        let (status, problem) = platform.post(REPLAY, &body).await;
        assert_eq!((status, problem["detail"].as_str()), (StatusCode::BAD_REQUEST, Some(detail)));
    }
    let (status, problem) = platform.post(REPLAY, &json!({ "al": true })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("unknown field `al`"), "{problem}");
}
