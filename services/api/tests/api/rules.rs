//! Rules, and why they fire or do not fire.

use crate::platform::{Platform, alert, at, rules, sample};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Alert, Sample, Severity, Timestamp};
use watchkeeper_ports::{BatchBuilder, Evaluation, Topic, TopicPartition};
use watchkeeper_rules::Evaluator;
use watchkeeper_wire::dead_letter::DeadLetter;

/// Evaluates the rules over samples as the notifier does, and stores the result.
async fn evaluate(platform: &Platform, samples: &[Sample]) {
    let (mut evaluator, partition) = (Evaluator::new(rules()), TopicPartition::new(Topic::METRICS, 0));
    for sample in samples {
        evaluator.observe(&partition, sample);
    }
    let findings = evaluator.drain();
    let evaluation =
        Evaluation { memories: findings.memories, alerts: findings.alerts, ..Evaluation::default() };
    platform.ports.alerts.store(Arc::new(evaluation)).await.unwrap();
    platform.store(samples).await;
}

/// The hosts in an explanation.
fn hosts(explanation: &Value) -> Vec<&str> {
    let series = explanation["series"].as_array().unwrap().iter();
    series.map(|explained| explained["series"]["labels"]["host"].as_str().unwrap()).collect()
}

fn why(explained: &Value) -> String {
    let lines = explained["why"].as_array().unwrap().iter();
    lines.map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_rules_are_listed_in_their_order_with_how_many_alerts_fire() {
    let platform = Platform::start().await;
    let cleared = Alert { cleared_at: Some(Timestamp::now()), ..alert("busy", Severity::Warning, "c") };
    let busy = |host| alert("busy", Severity::Warning, host);
    platform.fire(&[busy("a"), busy("b"), cleared, alert("gone", Severity::Info, "a")]).await;
    let expected = json!([
        {
            "name": "busy",
            "severity": "warning",
            "match": ["source=\"host\"", "name=\"load\""],
            "condition": rules().rules()[0].condition.to_string(),
            "for": "2m",
            "summary": "{{ labels.host }} is busy",
            "receivers": ["ops"],
            "firing": 2,
        },
        {
            "name": "host_down",
            "severity": "critical",
            "match": ["source=\"host\"", "name=\"up\""],
            "condition": rules().rules()[1].condition.to_string(),
            "for": "0s",
            "firing": 0,
        },
        {
            "name": "rejected",
            "severity": "warning",
            "condition": rules().rules()[2].condition.to_string(),
            "for": "0s",
            "firing": 0,
        },
        {
            "name": "hot",
            "severity": "info",
            "match": ["name=~\"temperature.*\""],
            "condition": rules().rules()[3].condition.to_string(),
            "for": "0s",
            "firing": 0,
        },
    ]);
    assert_eq!(platform.answer("/v1/rules").await, json!({ "rules": expected }));
}

#[tokio::test]
async fn a_rule_or_silence_that_matches_no_series_has_a_warning_once_there_are_series() {
    let platform = Platform::start().await;
    let warnings = async || {
        let answer = platform.answer("/v1/rules").await;
        let warning = |rule: &Value| Some((rule["name"].clone(), rule.get("warning")?.clone()));
        answer["rules"].as_array().unwrap().iter().filter_map(warning).collect::<Vec<_>>()
    };
    assert_eq!(warnings().await, [], "nothing is known yet");
    platform.store(&[sample("host", "load", "a", "2026-11-20T10:00:00Z", 1.0)]).await;
    let nothing = json!("matches no series");
    assert_eq!(warnings().await, [(json!("host_down"), nothing.clone()), (json!("hot"), nothing.clone())]);
    let explanation = platform.answer("/v1/rules/hot/explain").await;
    assert_eq!(explanation["rule"]["warning"], nothing);
    let misspelt = json!({ "matchers": ["hosst=\"a\""], "duration": "1h" });
    let (status, created) = platform.post("/v1/silences", &misspelt).await;
    let warning = json!("matches no series: none has `hosst`; did you mean `host`?");
    assert_eq!((status, &created["warning"]), (StatusCode::CREATED, &warning));
    assert_eq!(platform.answer("/v1/silences").await["silences"][0]["warning"], warning);
}

#[tokio::test]
async fn a_rule_is_explained_series_by_series_those_that_fire_first() {
    let platform = Platform::start().await;
    let now = Timestamp::now();
    let at = |minutes_ago: u64| now.minus(Duration::from_secs(60 * minutes_ago)).to_string();
    let samples = [
        sample("host", "load", "calm", &at(1), 1.0),
        sample("host", "load", "firing", &at(5), 9.0),
        sample("host", "load", "firing", &at(1), 9.5),
        sample("host", "load", "pending", &at(1), 9.0),
        sample("host", "up", "calm", &at(1), 1.0),
    ];
    evaluate(&platform, &samples).await;
    let explanation = platform.answer("/v1/rules/busy/explain").await;
    assert_eq!((&explanation["rule"]["name"], &explanation["rule"]["firing"]), (&json!("busy"), &json!(1)));
    assert_eq!(
        (hosts(&explanation), explanation.get("series_limit")),
        (vec!["firing", "calm", "pending"], None)
    );
    let [firing, calm, pending] = [0, 1, 2].map(|index| &explanation["series"][index]);
    assert_eq!([firing, calm, pending].map(|explained| &explained["fires"]), [true, false, false]);
    assert!(
        why(firing).contains("it has been firing since") && why(firing).contains("is 9.5, above 8"),
        "{firing}"
    );
    assert!(why(calm).contains("it does not fire: is 1, not above 8"), "{calm}");
    assert!(why(pending).contains("it has been pending since"), "{pending}");

    let explanation = platform.answer("/v1/rules/busy/explain?label.host=calm").await;
    assert_eq!(hosts(&explanation), ["calm"]);
}

#[tokio::test]
async fn of_series_that_the_rule_is_not_about_is_said_why_not() {
    let platform = Platform::start().await;
    platform.store(&[sample("host", "disk", "a", &at("10:00:00"), 1.0)]).await;
    let explanation = platform.answer("/v1/rules/busy/explain?source=host&name=disk").await;
    assert_eq!((hosts(&explanation), &explanation["series"][0]["fires"]), (vec!["a"], &json!(false)));
    assert!(
        why(&explanation["series"][0]).contains("does not select this series: name=\"load\""),
        "{explanation}"
    );
    // The rule matches no series, and none was requested.
    assert_eq!(platform.answer("/v1/rules/busy/explain").await["series"], json!([]));
    let (status, problem) = platform.get("/v1/rules/no_such/explain").await;
    assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!("there is no rule no_such")));
    assert!(platform.refusal("/v1/rules/busy/explain?source=").await.starts_with("source: must have"));
}

#[tokio::test]
async fn it_is_said_what_keeps_people_from_being_told() {
    let platform = Platform::start().await;
    let of = |host| sample("host", "load", host, &at("10:00:00"), 1.0);
    platform.store(&[of("a"), of("b")]).await;
    let down = alert("host_down", Severity::Critical, "a");
    platform.fire(&[down, alert("busy", Severity::Warning, "b")]).await;
    platform.silence("s1", &["rule=busy", "host=b"]).await;
    let explanation = platform.answer("/v1/rules/busy/explain").await;
    let [b, a] = [0, 1].map(|index| &explanation["series"][index]);
    assert_eq!(
        (&b["fires"], &b["silences"][0]["id"], b.get("inhibited_by")),
        (&json!(true), &json!("s1"), None)
    );
    // It is not firing, and would be muted if it were.
    assert_eq!((&a["fires"], &a["inhibited_by"]["rule"]), (&json!(false), &json!("host_down")));
    assert_eq!(a.get("silences"), None);
}

#[tokio::test]
async fn an_alert_about_a_series_that_the_store_has_no_more_is_explained() {
    let platform = Platform::start().await;
    platform.fire(&[alert("busy", Severity::Warning, "gone")]).await;
    let explanation = platform.answer("/v1/rules/busy/explain").await;
    assert_eq!((hosts(&explanation), &explanation["series"][0]["fires"]), (vec!["gone"], &json!(true)));
}

#[tokio::test]
async fn a_rule_about_dead_letters_is_explained_by_partition_and_makes_no_topic() {
    let platform = Platform::start().await;
    assert_eq!(platform.answer("/v1/rules/rejected/explain").await["series"], json!([]));
    let dead = Topic::METRICS.dead_letters();
    assert!(!platform.ports.bus.topics().await.unwrap().contains(&dead));
    let mut batch = BatchBuilder::default();
    let letter = DeadLetter {
        reason: "value: is missing",
        rejected_by: "persister",
        rejected_at: Timestamp::now(),
        origin: TopicPartition::new(Topic::METRICS, 0),
        offset: 0,
        record: watchkeeper_ports::Record { key: b"k", value: b"v", headers: &[], incomplete: None },
    };
    letter.push(&mut batch);
    platform.ports.bus.publish(&dead, batch.finish()).await.unwrap();
    let explanation = platform.answer("/v1/rules/rejected/explain").await;
    let series = &explanation["series"][0]["series"];
    assert_eq!((&series["name"], &series["labels"]["topic"]), (&json!("dead_letters"), &json!("metrics")));
}

#[tokio::test]
async fn an_explanation_holds_a_limited_number_of_series_and_says_so() {
    let platform = Platform::start().await;
    let of = |host: usize| sample("host", "load", &format!("h{host:05}"), &at("10:00:00"), 1.0);
    platform.store(&(0..20).map(of).collect::<Vec<_>>()).await;
    let explanation = platform.answer("/v1/rules/busy/explain").await;
    assert_eq!((hosts(&explanation).len(), explanation.get("series_limit")), (20, None));
    platform.store(&[of(20)]).await;
    let explanation = platform.answer("/v1/rules/busy/explain").await;
    assert_eq!((hosts(&explanation).len(), &explanation["series_limit"]), (20, &json!(20)));
    // A firing one is never omitted.
    platform.fire(&[alert("busy", Severity::Warning, "h00020")]).await;
    let explanation = platform.answer("/v1/rules/busy/explain").await;
    assert_eq!((hosts(&explanation)[0], &explanation["series_limit"]), ("h00020", &json!(20)));
}

#[tokio::test]
async fn the_search_for_series_ends_at_a_limit_and_the_answer_says_so() {
    let platform = Platform::start().await;
    let of = |host: u32| sample("host", "load", &format!("h{host:05}"), &at("10:00:00"), 1.0);
    platform.store(&(0..20_000).map(of).collect::<Vec<_>>()).await;
    let explanation = platform.answer("/v1/rules/hot/explain").await;
    assert_eq!((hosts(&explanation).len(), explanation.get("series_limit")), (0, None));
    platform.store(&[sample("host", "temperature", "a", &at("10:00:00"), 1.0)]).await;
    let explanation = platform.answer("/v1/rules/hot/explain").await;
    assert_eq!((hosts(&explanation).len(), &explanation["series_limit"]), (0, &json!(20)));
    assert_eq!(hosts(&platform.answer("/v1/rules/hot/explain?name=temperature").await), ["a"]);
}
