//! `/v1/alerts`.

use crate::platform::{Platform, alert, at, rules, sample};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Series, Severity, Timestamp};
use watchkeeper_ports::{AlertKey, Evaluation, Topic, TopicPartition};
use watchkeeper_query::MAX_ALERTS;
use watchkeeper_rules::Evaluator;

fn cleared(alert: Alert) -> Alert {
    Alert { cleared_at: Some(Timestamp::now()), reason: "is 5, not above 6".to_owned(), ..alert }
}

/// Rule, host and state of each alert on a page.
fn listed(page: &Value) -> Vec<[&str; 3]> {
    let alerts = page["alerts"].as_array().unwrap().iter();
    let text = |value: &'_ Value| -> &'static str { value.as_str().unwrap().to_owned().leak() };
    alerts
        .map(|alert| [&alert["rule"], &alert["series"]["labels"]["host"], &alert["state"]].map(text))
        .collect()
}

#[tokio::test]
async fn an_alert_is_given_with_what_it_is_about_and_why() {
    let platform = Platform::start().await;
    assert_eq!(platform.answer("/v1/alerts").await, json!({ "alerts": [] }));
    platform.fire(&[alert("busy", Severity::Warning, "a")]).await;
    let id = AlertKey::of(&alert("busy", Severity::Warning, "a")).id();
    let expected = json!({
        "id": id,
        "rule": "busy",
        "severity": "warning",
        "state": "firing",
        "series": { "source": "host", "name": "load", "labels": { "host": "a" } },
        "fired_at": "2026-01-20T10:00:00Z",
        "value": 9.0,
        "reason": "is 9, above 8 for 2m",
    });
    assert_eq!(platform.answer("/v1/alerts").await, json!({ "alerts": [expected] }));
}

#[tokio::test]
async fn alerts_are_chosen_by_state_rule_severity_and_series() {
    let platform = Platform::start().await;
    let (busy, hot) = (|host| alert("busy", Severity::Warning, host), alert("hot", Severity::Critical, "a"));
    platform.fire(&[busy("a"), cleared(busy("b")), hot]).await;
    let all = [["busy", "a", "firing"], ["busy", "b", "cleared"], ["hot", "a", "firing"]];
    for (query, expected) in [
        ("", &all[..]),
        ("?state=firing", &[all[0], all[2]]),
        ("?state=cleared", &[all[1]]),
        ("?rule=busy", &all[..2]),
        ("?rule=hot", &all[2..]),
        ("?rule=ho", &[]),
        ("?severity=critical", &all[2..]),
        ("?label.host=a&source=host&name=load", &[all[0], all[2]]),
        ("?rule=busy&state=firing&label.host=b", &[]),
    ] {
        assert_eq!(listed(&platform.answer(&format!("/v1/alerts{query}")).await), expected, "{query}");
    }
    let refused = platform.refusal("/v1/alerts?state=fired").await;
    assert_eq!(refused, "state: must be firing, pending or cleared, is \"fired\"");
    let refused = platform.refusal("/v1/alerts?severity=bad").await;
    assert_eq!(refused, "severity: must be info, warning or critical, is \"bad\"");
    assert_eq!(platform.refusal("/v1/alerts?limit=1001").await, "limit: must be from 1 to 1000, is 1001");
}

#[tokio::test]
async fn paging_to_the_end_gives_every_alert_once_however_many_do_not_match() {
    let platform = Platform::start().await;
    // More than one page of the store.
    let alerts: Vec<_> = (0..1_203)
        .map(|host: u32| alert("busy", Severity::ALL[(host % 3) as usize], &format!("h{host:04}")))
        .collect();
    platform.fire(&alerts).await;
    let (mut seen, mut next) = (Vec::new(), Some(String::new()));
    while let Some(page) = next {
        let page = platform.answer(&format!("/v1/alerts?severity=critical&limit=150{page}")).await;
        seen.extend(listed(&page).into_iter().map(|[_, host, _]| host.to_owned()));
        next = page["next_page"].as_str().map(|cursor| format!("&page={cursor}"));
    }
    assert_eq!(seen.len(), 401);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 401);
    assert_eq!(platform.answer("/v1/status").await["firing_alerts"], 1_203);
    let refused = platform.refusal("/v1/alerts?page=x").await;
    assert_eq!(refused, "page: must be the token that the previous page returned");
}

#[tokio::test]
async fn an_alert_says_which_silences_and_which_alert_keep_it_from_being_told() {
    let platform = Platform::start().await;
    let up = |host| Arc::new(Series::new("host", "up", "", &[("host", host)]).unwrap());
    let down = Alert { series: up("a"), ..alert("host_down", Severity::Critical, "a") };
    platform
        .fire(&[alert("busy", Severity::Warning, "a"), alert("busy", Severity::Warning, "b"), down.clone()])
        .await;
    platform.silence("s1", &["rule=busy", "host=b"]).await;
    platform.silence("s2", &["severity=warning", "host=b"]).await;
    platform.silence("s3", &["rule=other"]).await;
    let page = platform.answer("/v1/alerts").await;
    let [a, b, host_down] = [0, 1, 2].map(|index| &page["alerts"][index]);
    let series = json!({ "source": "host", "name": "up", "labels": { "host": "a" } });
    assert_eq!(a["inhibited_by"], json!({ "rule": "host_down", "series": series }));
    assert_eq!((a.get("silenced_by"), b.get("inhibited_by")), (None, None));
    assert_eq!(b["silenced_by"], json!(["s1", "s2"]));
    assert_eq!((host_down.get("silenced_by"), host_down.get("inhibited_by")), (None, None));

    platform.fire(&[cleared(down)]).await;
    platform.delete("/v1/silences/s1").await;
    let page = platform.answer("/v1/alerts?rule=busy").await;
    assert_eq!(page["alerts"][0].get("inhibited_by"), None);
    assert_eq!(page["alerts"][1]["silenced_by"], json!(["s2"]));
}

#[tokio::test]
async fn what_fires_is_acknowledged_by_id_or_by_matchers_and_shown_so() {
    let platform = Platform::start().await;
    let busy = |host| alert("busy", Severity::Warning, host);
    platform.fire(&[busy("a"), busy("b"), cleared(busy("c"))]).await;
    let path = "/v1/alerts/acknowledge";
    let id = AlertKey::of(&busy("a")).id();
    let one = json!({ "id": id, "by": "ann", "comment": "new disk", "duration": "2h" });
    let (status, page) = platform.post(path, &one).await;
    assert_eq!((status, listed(&page)), (StatusCode::OK, vec![["busy", "a", "firing"]]));
    let acknowledged = page["alerts"][0]["acknowledged"].clone();
    assert_eq!((&acknowledged["by"], &acknowledged["comment"]), (&json!("ann"), &json!("new disk")));
    assert!(acknowledged["until"].is_string());
    let shown = platform.answer("/v1/alerts?label.host=a").await;
    assert_eq!(shown["alerts"][0]["acknowledged"], acknowledged);

    let (status, page) = platform.post(path, &json!({ "matchers": ["rule=\"busy\""] })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(listed(&page), [["busy", "a", "firing"], ["busy", "b", "firing"]], "only what fires");
    let shown = platform.answer("/v1/alerts?label.host=b").await;
    assert_eq!(shown["alerts"][0]["acknowledged"]["by"], "anybody");

    let (status, refused) = platform.post(path, &json!({ "id": "0" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(refused["detail"], "there is no firing alert with the id 0");
    let (status, _) = platform.post(path, &json!({ "matchers": ["host=\"c\""] })).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "it has cleared");
}

#[tokio::test]
async fn an_alert_beyond_the_limit_is_refused_with_the_limit() {
    let platform = Platform::start().await;
    let many: Vec<_> =
        (0..MAX_ALERTS).map(|host| alert("busy", Severity::Warning, &host.to_string())).collect();
    platform.fire(&many).await;
    let last = alert("hot", Severity::Warning, "a");
    let path = "/v1/alerts/acknowledge";
    let request = json!({ "id": AlertKey::of(&last).id() });
    assert_eq!(platform.post(path, &request).await.0, StatusCode::NOT_FOUND);
    platform.fire(&[last]).await;
    let (status, refused) = platform.post(path, &request).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("the first 10000 alerts, by rule and series, have no firing alert"),
        "{detail}"
    );
}

/// The rule `busy` pends for host `a` since 2026-01-20T10:00:00Z.
async fn pend(platform: &Platform) {
    let mut evaluator = Evaluator::new(rules());
    let partition = TopicPartition::new(Topic::METRICS, 0);
    for (time, value) in [("10:00:00", 9.0), ("10:01:00", 9.5)] {
        let sample = sample("host", "load", "a", &at(time), value);
        evaluator.observe(&partition, &sample);
    }
    let evaluation = Evaluation { memories: evaluator.drain().memories, ..Evaluation::default() };
    platform.ports.alerts.store(Arc::new(evaluation)).await.unwrap();
}

#[tokio::test]
async fn what_is_pending_is_listed_if_it_is_asked_for() {
    let platform = Platform::start().await;
    pend(&platform).await;
    platform.silence("s1", &["rule=busy"]).await;
    platform.fire(&[alert("hot", Severity::Info, "a")]).await;
    let expected = json!({
        "id": AlertKey::of(&alert("busy", Severity::Warning, "a")).id(),
        "rule": "busy",
        "severity": "warning",
        "state": "pending",
        "series": { "source": "host", "name": "load", "labels": { "host": "a" } },
        "pending_since": "2026-01-20T10:00:00Z",
        "fires_at": "2026-01-20T10:02:00Z",
        "value": 9.5,
        "reason": "is 9.5, above 8 for 2 min",
        "silenced_by": ["s1"],
    });
    assert_eq!(platform.answer("/v1/alerts?state=pending").await, json!({ "alerts": [expected] }));
    for none in ["rule=hot", "severity=critical", "label.host=b"] {
        let found = platform.answer(&format!("/v1/alerts?state=pending&{none}")).await;
        assert_eq!(found, json!({ "alerts": [] }), "{none}");
    }
    assert_eq!(listed(&platform.answer("/v1/alerts").await), [["hot", "a", "firing"]]);
}

#[tokio::test]
async fn an_acknowledgement_is_taken_back() {
    let platform = Platform::start().await;
    let (busy, hot) = (alert("busy", Severity::Warning, "a"), alert("hot", Severity::Info, "a"));
    platform.fire(&[busy.clone(), hot]).await;
    let acknowledge = json!({ "matchers": ["host=a"], "by": "ann" });
    assert_eq!(platform.post("/v1/alerts/acknowledge", &acknowledge).await.0, StatusCode::OK);
    let id = AlertKey::of(&busy).id();
    let (status, changed) = platform.post("/v1/alerts/unacknowledge", &json!({ "id": id })).await;
    assert_eq!((status, listed(&changed)), (StatusCode::OK, vec![["busy", "a", "firing"]]));
    let alerts = platform.answer("/v1/alerts").await;
    assert_eq!(alerts["alerts"][0].get("acknowledged"), None);
    assert_eq!(alerts["alerts"][1]["acknowledged"]["by"], "ann");
    let (status, _) = platform.post("/v1/alerts/unacknowledge", &json!({ "id": "unknown" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let both = json!({ "id": id, "matchers": ["host=a"] });
    let (status, problem) = platform.post("/v1/alerts/unacknowledge", &both).await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::BAD_REQUEST, &json!("matchers: must not be combined with id"))
    );
}
