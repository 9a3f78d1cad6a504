use super::*;
use std::future::pending;
use std::sync::Mutex;
use watchkeeper_domain::Channel;
use watchkeeper_ports::PortError;
use watchkeeper_test_kit::{Server, mailbox, rejected};

const MAIL: &str = "[[notifier.receiver]]\nname = 'ops'\nmail = ['a@example.org', 'b@example.org']\n";

fn failed() -> FailedUnit {
    let why = Some("exit code 1 after 10 restarts".to_owned());
    FailedUnit { unit: "watchkeeper@persister.service".to_owned(), host: "web1".to_owned(), why }
}

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn every_recipient_gets_one_message_that_says_what_failed_why_and_what_to_do() {
    let server = Server::scripted([axum::http::StatusCode::OK]).await;
    let text = format!(
        "notifier.page_url = 'https://watch.example.org'\n{MAIL}webhook.url = '{}'\n\
         [[notifier.receiver]]\nname = 'again'\nmail = ['b@example.org']\n",
        server.url
    );
    let settings = NotifierSettings::of(&text).current();
    let mailbox = mailbox();
    let trials = notify_of_failed_unit(&settings, &failed(), mailbox.clone(), now()).await.unwrap();
    let told: Vec<_> = trials.iter().map(|trial| (trial.channel, trial.recipient.as_str())).collect();
    let expected =
        [(Channel::Mail, "a@example.org"), (Channel::Mail, "b@example.org"), (Channel::Webhook, "ops")];
    assert_eq!(told, expected);
    assert!(trials.iter().all(|trial| trial.failure.is_none()), "{trials:?}");
    let mails = mailbox.noted();
    assert_eq!(mails.len(), 2, "one for each mailbox");
    let sentence = "watchkeeper@persister.service on web1 failed: exit code 1 after 10 restarts";
    assert_eq!(mails[0].subject, format!("[critical] watchkeeper_unit_failed: {sentence}"));
    let text = &mails[0].text;
    assert!(
        text.contains("To see why, on web1: journalctl -u watchkeeper@persister.service -n 50\n"),
        "{text}"
    );
    assert!(text.contains("Look at  https://watch.example.org/alerts\n"), "{text}");
    assert!(!text.contains("silences add"), "no silence mutes it: {text}");
    let posted = server.requests();
    let body: serde_json::Value = serde_json::from_str(&posted[0].body).unwrap();
    assert_eq!(body["alerts"][0]["labels"]["unit"], "watchkeeper@persister.service");
    assert_eq!(body["alerts"][0]["reason"], sentence);
}

#[tokio::test]
async fn without_a_receiver_nobody_is_notified() {
    let settings = NotifierSettings::of("").current();
    let mailbox = mailbox();
    let trials = notify_of_failed_unit(&settings, &failed(), mailbox.clone(), now()).await.unwrap();
    assert_eq!((trials, mailbox.noted().len()), (Vec::new(), 0));
}

#[tokio::test(start_paused = true)]
async fn a_mail_server_that_is_down_is_tried_again_until_the_time_is_over_and_the_other_recipient_is_notified()
 {
    let settings = NotifierSettings::of(MAIL).current();
    let (mailbox, begun, attempts) = (mailbox(), Instant::now(), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&attempts);
    mailbox.refuse_when(move |mail| {
        let down = || PortError::Unavailable { what: "mail", reason: "connection refused".into() };
        let is_down = mail.to.as_str() == "b@example.org";
        *counted.lock().unwrap() += u32::from(is_down);
        is_down.then(down)
    });
    let trials = notify_of_failed_unit(&settings, &failed(), mailbox.clone(), now()).await.unwrap();
    let failures: Vec<_> = trials.iter().map(|trial| trial.failure.as_deref()).collect();
    assert_eq!(failures, [None, Some("connection refused")]);
    assert_eq!(*attempts.lock().unwrap(), 5, "after 0, 5, 15, 35 and 75 seconds");
    assert!(begun.elapsed() < NOTIFY_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn what_a_recipient_rejects_is_not_sent_again() {
    let settings = NotifierSettings::of(MAIL).current();
    let (mailbox, attempts) = (mailbox(), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&attempts);
    mailbox.refuse_when(move |_| {
        *counted.lock().unwrap() += 1;
        Some(rejected("mail", "550 no"))
    });
    let trials = notify_of_failed_unit(&settings, &failed(), mailbox.clone(), now()).await.unwrap();
    assert!(trials.iter().all(|trial| trial.failure.as_deref() == Some("550 no")), "{trials:?}");
    assert_eq!(*attempts.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_never_ends_is_given_up_in_time() {
    let (begun, attempts) = (Instant::now(), Mutex::new(0));
    let hangs = async || {
        *attempts.lock().unwrap() += 1;
        pending().await
    };
    let sent = deliver(hangs, begun + NOTIFY_WITHIN).await;
    // The last attempt has what is left of 100 s.
    assert_eq!(sent, Err(SendError::timed_out(Duration::from_secs(25))));
    assert_eq!(*attempts.lock().unwrap(), 3, "after 0, 35 and 75 seconds");
    assert!(begun.elapsed() <= NOTIFY_WITHIN);
}
