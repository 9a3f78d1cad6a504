//! From the bus to people.

use crate::stage::{SECRET, Stage};
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use ring::hmac;
use watchkeeper_notifier::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use watchkeeper_ports::{BatchBuilder, Topic};
use watchkeeper_test_kit::{Server, letter};

const RULES: &str = r#"
[notifier]
group_by = ["rule", "target"]
group_wait = "0s"
group_interval = "1s"

[[rule]]
name = "high"
match = ['name="value"']
[rule.threshold]
above = 10

[[rule]]
name = "rejected"
[rule.dead_letters]
topic = "metrics"
"#;

#[tokio::test]
async fn what_fires_and_clears_is_told_each_once_also_by_one_that_was_started_anew() {
    let stage = Stage::new(RULES);
    let running = stage.run();
    stage.measure("shop", 1.0).await;
    stage.measure("shop", 20.0).await;
    let fires = stage.mails(1).await.remove(0);
    assert_eq!((fires.to.as_str(), fires.follows.as_deref()), ("watchkeeper@localhost", None));
    running.says(|status| status.starts_with("1 alert fires, lag 0, 1 delivered")).await;
    running.stop_well().await;

    let running = stage.run();
    stage.measure("shop", 2.0).await;
    let mails = stage.mails(2).await;
    assert_eq!((mails.len(), mails[1].follows.as_ref()), (2, Some(&fires.id)));
    running.says(|status| status.starts_with("no alert fires, lag 0, 2 delivered")).await;
    running.stop_well().await;
    assert_eq!(stage.mails(2).await.len(), 2);
}

#[tokio::test]
async fn a_webhook_is_told_by_a_signed_request() {
    let hook = Server::always(StatusCode::NO_CONTENT).await;
    let receiver = format!(
        "{RULES}\n[[notifier.receiver]]\nname = \"chat\"\n\
         webhook = {{ url = \"{}\", secret_file = \"secret\" }}\n",
        hook.url
    );
    let stage = Stage::new(&receiver);
    let running = stage.run();
    stage.measure("shop", 20.0).await;
    let request = hook.received(1).await.remove(0);
    let (header, body) = (|name: &str| request.header(name).unwrap(), &request.body);
    assert!(!header(ID_HEADER).is_empty());
    let signature = header(SIGNATURE_HEADER).strip_prefix("sha256=").unwrap();
    let signature = HEXLOWER.decode(signature.as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signed = format!("{}.{body}", header(TIMESTAMP_HEADER));
    hmac::verify(&key, signed.as_bytes(), &signature).unwrap();
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["alerts"][0]["rule"], "high");
    running.stop_well().await;
}

#[tokio::test]
async fn an_incident_keeps_its_key_and_its_channels_across_a_restart() {
    let service = Server::always(StatusCode::ACCEPTED).await;
    let receiver = format!(
        "{RULES}\n[[notifier.receiver]]\nname = \"duty\"\npagerduty = {{ url = \"{0}\", key_file = \"secret\" }}\n\
         ntfy = {{ url = \"{0}/\", topic = \"ops\" }}\n",
        service.url
    );
    let stage = Stage::new(&receiver);
    let running = stage.run();
    stage.measure("shop", 20.0).await;
    service.received(2).await;
    running.says(|status| status.starts_with("1 alert fires, lag 0, 2 delivered")).await;
    running.stop_well().await;

    let running = stage.run();
    stage.measure("shop", 2.0).await;
    let bodies: Vec<serde_json::Value> = service
        .received(4)
        .await
        .iter()
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect();
    let of = |key: &str, field: &str| -> Vec<_> {
        bodies.iter().filter(|body| body.get(key).is_some()).map(|body| body[field].clone()).collect()
    };
    assert_eq!(of("dedup_key", "event_action"), ["trigger", "resolve"]);
    let (events, entries) = (of("dedup_key", "dedup_key"), of("topic", "sequence_id"));
    assert!(events[0] == events[1] && entries[0] == entries[1], "{events:?} {entries:?}");
    let summary = of("dedup_key", "payload")[0]["summary"].clone();
    assert_eq!(summary, "WARNING: high: shop is 20, above 10");
    running.stop_well().await;
}

#[tokio::test]
async fn a_webhook_without_a_secret_gets_what_its_template_makes() {
    let hook = Server::always(StatusCode::OK).await;
    let receiver = format!(
        "{RULES}\n[[notifier.receiver]]\nname = \"chat\"\nwebhook = {{ url = \"{}\", template = \"body\" }}\n",
        hook.url
    );
    let stage = Stage::new(&receiver);
    stage.write("body", r#"{"msg": {{ subject|tojson }}, "rule": {{ alerts[0].rule|tojson }}}"#);
    let running = stage.run();
    stage.measure("shop \"&<1>\"", 20.0).await;
    let request = hook.received(1).await.remove(0);
    assert_eq!(request.header(SIGNATURE_HEADER), None);
    let told: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(told["msg"], "[warning] high: shop \"&<1>\" is 20, above 10");
    assert_eq!(told["rule"], "high");
    running.stop_well().await;
}

#[tokio::test]
async fn a_record_that_was_rejected_is_told() {
    let stage = Stage::new(RULES);
    let running = stage.run();
    let mut letters = BatchBuilder::default();
    letter("value: must be finite", b"{}").push(&mut letters);
    stage.publish(&Topic::METRICS.dead_letters(), letters.finish()).await;
    let mail = stage.mails(1).await.remove(0);
    assert!(mail.subject.contains("rejected"), "{}", mail.subject);
    assert!(mail.text.contains("value: must be finite"), "{}", mail.text);
    running.stop_well().await;
}
