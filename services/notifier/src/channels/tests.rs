//! Each service against a server on loopback with the documented answers.

use super::{ChatMessage, SERVICES, Service};
use crate::deliver::SendError;
use crate::fakes::outbox::mail;
use crate::http::HttpPoster;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tempfile::TempDir;
use watchkeeper_config::{Document, Section};
use watchkeeper_domain::{Notification, Timestamp};
use watchkeeper_test_kit::{Received, Server, nowhere};

/// What the files of the options hold; `URL` is that of the server.
const FILES: [(&str, &str); 3] = [("url", "URL/T0/s3cret"), ("token", "123:s3cret"), ("key", "s3cret")];

/// The options of each service.
const OPTIONS: [(&str, &str); 7] = [
    ("slack", "url_file = 'url'"),
    ("discord", "url_file = 'url'"),
    ("telegram", "url = 'URL'\ntoken_file = 'token'\nchat = '-100'\nthread = 7"),
    ("ntfy", "url = 'URL'\ntopic = 'ops'\ntoken_file = 'token'"),
    ("gotify", "url = 'URL'\ntoken_file = 'token'"),
    ("matrix", "url = 'URL/'\ntoken_file = 'token'\nroom = '!ops:example.org'"),
    ("pagerduty", "url = 'URL'\nkey_file = 'key'"),
];

/// The service `key`, with the server at `url`.
fn service(key: &str, url: &str) -> Service {
    let directory = TempDir::new().unwrap();
    for (name, text) in FILES {
        let path = directory.path().join(name);
        fs::write(&path, text.replace("URL", url)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    let (_, options) = OPTIONS.into_iter().find(|(name, _)| *name == key).unwrap();
    let (key, read) = SERVICES.into_iter().find(|(name, _)| *name == key).unwrap();
    let text = format!("[{key}]\n{}", options.replace("URL", url));
    let document = Document::parse(directory.path().join("watchkeeper.toml"), &text).unwrap();
    let read = document.read(|root: &mut Section<'_>| root.section(key, read));
    read.unwrap_or_else(|errors| panic!("{errors}")).unwrap()
}

fn message() -> ChatMessage {
    ChatMessage {
        id: "abc-2".into(),
        incident: "abc-1".into(),
        recovered: false,
        severity: "critical".into(),
        title: "CRITICAL: site_down: R&D <east> \"b\" refused the connection".into(),
        text: "Since 10:00\n<https://bad.example|log in>".into(),
        about: "shop".into(),
        group: "rule=\"site_down\"".into(),
        url: Some("https://watch.example.org/alerts".into()),
        at: "2026-11-20T10:04:10Z".into(),
    }
}

async fn send(key: &str, url: &str, message: &ChatMessage) -> Result<(), SendError> {
    let service = service(key, url);
    let notification =
        Notification { channel: service.channel(), body: message.write(), ..mail(&message.id) };
    service.send(&HttpPoster::new(), &notification, Timestamp::now()).await
}

/// The request and its JSON for a message that is delivered.
async fn sent(key: &str, answer: (u16, &'static str), message: &ChatMessage) -> (Received, Value) {
    let server = Server::always((StatusCode::from_u16(answer.0).unwrap(), answer.1)).await;
    assert_eq!(send(key, &server.url, message).await, Ok(()));
    let request = server.requests().remove(0);
    let body = serde_json::from_str(&request.body).unwrap();
    (request, body)
}

fn many_lines() -> ChatMessage {
    let lines: Vec<_> = (0..3_000).map(|number| format!("* host_down: web{number} & <b>\n")).collect();
    let text = lines.concat();
    ChatMessage { text, ..message() }
}

#[tokio::test]
async fn slack_shows_the_text_as_written() {
    let (request, body) = sent("slack", (200, "ok"), &message()).await;
    assert_eq!(request.target, "/T0/s3cret");
    let title = "CRITICAL: site_down: R&amp;D &lt;east&gt; \"b\" refused the connection";
    let expected = json!({
        "text": title,
        "mrkdwn": false,
        "attachments": [{
            "color": "#d32f2f",
            "fallback": title,
            "text": "Since 10:00\n&lt;https://bad.example|log in&gt;",
            "mrkdwn_in": [],
        }],
    });
    assert_eq!(body, expected);
    let (_, cut) = sent("slack", (200, "ok"), &many_lines()).await;
    let text = cut["attachments"][0]["text"].as_str().unwrap();
    assert!(
        text.encode_utf16().count() <= 8_000 && text.contains("more lines: https://watch.example.org/alerts")
    );
    let rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    assert!(!rest.contains('&'), "an entity was cut in two");
}

#[tokio::test]
async fn discord_shows_the_text_as_written_and_calls_nobody() {
    let odd =
        ChatMessage { text: "[log in](https://bad.example) *x* https://a.example/b_c".into(), ..message() };
    let (_, body) = sent("discord", (204, ""), &odd).await;
    let expected = json!({
        "content": "CRITICAL: site\\_down: R&D \\<east\\> \"b\" refused the connection",
        "allowed_mentions": { "parse": [] },
        "embeds": [{
            "description": "\\[log in\\]\\(https://bad.example\\) \\*x\\* https://a.example/b_c",
            "color": 0xd3_2f2f,
            "timestamp": "2026-11-20T10:04:10Z",
        }],
    });
    assert_eq!(body, expected);
    let (_, cut) = sent("discord", (204, ""), &many_lines()).await;
    let text = cut["embeds"][0]["description"].as_str().unwrap();
    assert!(text.encode_utf16().count() <= 4_096 && text.contains("more lines"), "{text}");
    let long = ChatMessage { title: "🚨".repeat(3_000), ..message() };
    let (_, cut) = sent("discord", (204, ""), &long).await;
    assert!(cut["content"].as_str().unwrap().encode_utf16().count() <= 2_000);
}

#[tokio::test]
async fn telegram_gets_plain_text_of_at_most_4096_units() {
    let (request, body) = sent("telegram", (200, r#"{"ok":true,"result":{}}"#), &message()).await;
    assert_eq!(request.target, "/bot123:s3cret/sendMessage");
    let text = "CRITICAL: site_down: R&D <east> \"b\" refused the connection\nSince 10:00\n<https://bad.example|log in>";
    let expected = json!({
        "chat_id": "-100",
        "text": text,
        "entities": [{ "type": "bold", "offset": 0, "length": 58 }],
        "link_preview_options": { "is_disabled": true },
        "message_thread_id": 7,
    });
    assert_eq!(body, expected);
    let emoji = ChatMessage { text: "🚨 down\n".repeat(900), ..many_lines() };
    for long in [many_lines(), emoji] {
        let (_, cut) = sent("telegram", (200, "{}"), &long).await;
        let text = cut["text"].as_str().unwrap();
        let units = text.encode_utf16().count();
        assert!(
            (3_900..=4_096).contains(&units) && text.contains("more lines: https://watch"),
            "{units}: {text}"
        );
    }
}

#[tokio::test]
async fn ntfy_has_one_entry_for_an_incident() {
    let (request, body) = sent("ntfy", (200, r#"{"id":"x"}"#), &message()).await;
    assert_eq!((request.target.as_str(), request.header("authorization")), ("/", Some("Bearer 123:s3cret")));
    let expected = json!({
        "topic": "ops",
        "title": message().title,
        "message": message().text,
        "priority": 5,
        "tags": ["rotating_light"],
        "sequence_id": "abc",
        "click": "https://watch.example.org/alerts",
    });
    assert_eq!(body, expected);
    let (_, cut) = sent("ntfy", (200, "{}"), &many_lines()).await;
    assert!(cut["message"].as_str().unwrap().len() <= 4_096);
    let (_, recovered) = sent("ntfy", (200, "{}"), &ChatMessage { recovered: true, ..message() }).await;
    assert_eq!((&recovered["priority"], &recovered["sequence_id"]), (&json!(3), &json!("abc")));
}

#[tokio::test]
async fn gotify_gets_title_message_and_priority() {
    let (request, body) = sent("gotify", (200, r#"{"id":1}"#), &message()).await;
    assert_eq!((request.target.as_str(), request.header("x-gotify-key")), ("/message", Some("123:s3cret")));
    let click = json!({ "client::notification": { "click": { "url": "https://watch.example.org/alerts" } } });
    let expected =
        json!({ "title": message().title, "message": message().text, "priority": 8, "extras": click });
    assert_eq!(body, expected);
    let (_, short) = sent("gotify", (200, "{}"), &ChatMessage { text: String::new(), ..message() }).await;
    assert_eq!(short["message"], json!(message().title));
}

#[tokio::test]
async fn matrix_gets_the_same_transaction_for_every_attempt() {
    let server = Server::scripted([StatusCode::BAD_GATEWAY, StatusCode::OK]).await;
    assert!(send("matrix", &server.url, &message()).await.is_err());
    assert_eq!(send("matrix", &server.url, &message()).await, Ok(()));
    let requests = server.requests();
    assert_eq!((&requests[0].target, &requests[0].body), (&requests[1].target, &requests[1].body));
    let path = "/_matrix/client/v3/rooms/!ops:example.org/send/m.room.message/abc-2";
    assert_eq!(
        (requests[0].target.as_str(), requests[0].header("authorization")),
        (path, Some("Bearer 123:s3cret"))
    );
    let body: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(body, json!({ "msgtype": "m.text", "body": message().whole(), "m.mentions": {} }));
}

#[tokio::test]
async fn pagerduty_resolves_what_it_triggered() {
    let taken = (202, r#"{"status":"success","message":"Event processed","dedup_key":"abc-1"}"#);
    let (request, body) = sent("pagerduty", taken, &message()).await;
    assert_eq!(request.target, "/v2/enqueue");
    let expected = json!({
        "routing_key": "s3cret",
        "event_action": "trigger",
        "dedup_key": "abc",
        "client": "Watchkeeper",
        "client_url": "https://watch.example.org/alerts",
        "payload": {
            "summary": message().title,
            "source": "shop",
            "severity": "critical",
            "timestamp": "2026-11-20T10:04:10Z",
            "group": "rule=\"site_down\"",
            "custom_details": { "text": message().text },
        },
    });
    assert_eq!(body, expected);
    let later = ChatMessage { id: "abc-3".into(), recovered: true, title: "é".repeat(2_000), ..message() };
    let (_, body) = sent("pagerduty", taken, &later).await;
    assert_eq!((&body["event_action"], &body["dedup_key"]), (&json!("resolve"), &json!("abc")));
    assert_eq!(body["payload"]["summary"].as_str().unwrap().chars().count(), 1_024);
}

/// Status and body.
type Answer = (u16, &'static str);

/// As documented: a refusal for good, one to be retried, and the time that its body asks for, in milliseconds.
const REFUSALS: [(&str, Answer, Answer, u64); 7] = [
    ("slack", (404, "no_service"), (429, "rate_limited"), 0),
    (
        "discord",
        (404, r#"{"message": "Unknown Webhook", "code": 10015}"#),
        (429, r#"{"message":"You are being rate limited.","retry_after":0.65,"global":false}"#),
        650,
    ),
    (
        "telegram",
        (400, r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#),
        (
            429,
            r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5","parameters":{"retry_after":5}}"#,
        ),
        5_000,
    ),
    (
        "ntfy",
        (403, r#"{"code":40301,"http":403,"error":"forbidden"}"#),
        (429, r#"{"code":42901,"http":429,"error":"limit reached"}"#),
        0,
    ),
    (
        "gotify",
        (
            401,
            r#"{"error":"Unauthorized","errorCode":401,"errorDescription":"you need to provide a valid access token"}"#,
        ),
        (503, ""),
        0,
    ),
    (
        "matrix",
        (403, r#"{"errcode":"M_FORBIDDEN","error":"User not in room"}"#),
        (429, r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2000}"#),
        2_000,
    ),
    (
        "pagerduty",
        (
            400,
            r#"{"status":"invalid event","message":"Event object is invalid","errors":["'routing_key' is missing"]}"#,
        ),
        (429, r#"{"status":"throttle exceeded"}"#),
        0,
    ),
];

#[tokio::test]
async fn a_refusal_is_final_or_retried_as_documented_and_shows_nothing_secret() {
    for (key, (status, answer), (busy_status, busy), millis) in REFUSALS {
        let refused = Server::always((StatusCode::from_u16(status).unwrap(), answer)).await;
        let reason = format!("127.0.0.1 answered {status}: {answer}");
        assert_eq!(send(key, &refused.url, &message()).await, Err(SendError::Rejected(reason)), "{key}");
        let later = Server::always((StatusCode::from_u16(busy_status).unwrap(), busy)).await;
        let error = send(key, &later.url, &message()).await.unwrap_err();
        let SendError::Failed { reason, retry_after } = &error else { panic!("{key}: {error:?}") };
        let asked = (millis > 0).then(|| Duration::from_millis(millis));
        assert_eq!(*retry_after, asked, "{key}: {reason}");
        let header = [("retry-after", "30")];
        let later = Server::always((StatusCode::TOO_MANY_REQUESTS, header, busy)).await;
        let error = send(key, &later.url, &message()).await.unwrap_err();
        let SendError::Failed { retry_after, .. } = &error else { panic!("{key}: {error:?}") };
        assert_eq!(*retry_after, Some(Duration::from_secs(30)), "{key}: the header goes before the body");
        let nowhere = nowhere().await;
        let shown = format!("{:?} {:?}", send(key, &nowhere, &message()).await, service(key, &nowhere));
        assert!(shown.contains("Failed") && !shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test]
async fn a_body_of_another_shape_is_given_up_with_the_reason() {
    let server = Server::always(StatusCode::OK).await;
    let service = service("slack", &server.url);
    let notification = Notification { channel: service.channel(), body: "{}".into(), ..mail("1") };
    let error = service.send(&HttpPoster::new(), &notification, Timestamp::now()).await.unwrap_err();
    let SendError::Rejected(reason) = error else { panic!("{error:?}") };
    assert!(reason.starts_with("the notification's body is not a message: missing field"), "{reason}");
    assert_eq!(server.requests().len(), 0);
}
