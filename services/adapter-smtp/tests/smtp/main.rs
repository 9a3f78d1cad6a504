//! Runs the port contract, and the adapter's own tests, on a real mail server.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod server;

use server::{Mailbox, PASSWORD};
use std::time::Duration;
use watchkeeper_adapter_smtp::{Credentials, Encryption, SmtpMailer};
use watchkeeper_domain::Timestamp;
use watchkeeper_port_contract::mailer::MailFixture as _;
use watchkeeper_ports::{Failure, Mail, Mailer as _, PortError};

watchkeeper_port_contract::mailer_contract!(Mailbox);

fn mail(to: &str) -> Mail {
    Mail {
        id: "notice-1".into(),
        follows: None,
        from: "watchkeeper@example.org".parse().unwrap(),
        to: to.parse().unwrap(),
        subject: "shop is down".into(),
        text: "since 10:00\n".into(),
        html: None,
        attachment: None,
        date: Timestamp::MIN,
    }
}

async fn refusal(mailer: &SmtpMailer, to: &str) -> PortError {
    mailer.send(&mail(to)).await.unwrap_err()
}

#[tokio::test]
async fn a_mail_goes_encrypted_and_authenticated_by_starttls_and_by_tls() {
    for encryption in [Encryption::StartTls, Encryption::Tls] {
        let mailbox = Mailbox::new();
        SmtpMailer::new(&mailbox.options(encryption))
            .unwrap()
            .send(&mail("Ops <ops@example.org>"))
            .await
            .unwrap();
        let envelopes = mailbox.envelopes();
        assert_eq!(
            envelopes,
            [
                r#"{"from": "watchkeeper@example.org", "to": ["ops@example.org"], "is_encrypted": true, "is_authenticated": true}"#
            ]
        );
    }
}

#[tokio::test]
async fn a_recipient_that_does_not_exist_is_rejected_and_one_that_is_not_ready_is_tried_again() {
    let mailbox = Mailbox::new();
    let mailer = SmtpMailer::new(&mailbox.options(Encryption::StartTls)).unwrap();
    let gone = refusal(&mailer, "nobody@example.org").await;
    assert_eq!(gone.failure(), Failure::Reject, "{gone}");
    assert!(gone.to_string().contains("there is no such mailbox here"), "{gone}");
    let busy = refusal(&mailer, "later@example.org").await;
    assert_eq!(busy.failure(), Failure::Retry, "{busy}");
    assert!(busy.to_string().contains("not now, try again later"), "{busy}");
    assert!(mailbox.received().await.is_empty());
}

#[tokio::test]
async fn a_wrong_password_loses_no_mail_and_is_never_shown() {
    let mut options = Mailbox::new().options(Encryption::StartTls);
    let password = format!("not {PASSWORD}");
    options.credentials = Some(Credentials { username: "ops".into(), password: password.clone() });
    let mailer = SmtpMailer::new(&options).unwrap();
    for error in [refusal(&mailer, "ops@example.org").await, mailer.check().await.unwrap_err()] {
        assert_eq!(error.failure(), Failure::Retry, "{error}");
        assert!(error.to_string().contains("535"), "{error}");
        assert!(!format!("{error} {error:?} {options:?}").contains(&password));
    }
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_gets_no_mail() {
    let mailbox = Mailbox::new();
    for encryption in [Encryption::StartTls, Encryption::Tls] {
        let mut options = mailbox.options(encryption);
        options.extra_roots = None;
        let error = refusal(&SmtpMailer::new(&options).unwrap(), "ops@example.org").await;
        assert_eq!(error.failure(), Failure::Retry, "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert!(mailbox.received().await.is_empty());
}

#[tokio::test]
async fn credentials_are_never_sent_in_the_clear() {
    let options = Mailbox::new().options(Encryption::None);
    let error = SmtpMailer::new(&options).err().unwrap();
    assert_eq!(error.failure(), Failure::Stop, "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_never_answers_is_waited_for() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = Mailbox::new().options(Encryption::StartTls);
    options.timeout = Duration::from_millis(100);
    options.server.port = silent.local_addr().unwrap().port();
    let unanswered = refusal(&SmtpMailer::new(&options).unwrap(), "ops@example.org").await;
    assert_eq!(unanswered.failure(), Failure::Retry, "{unanswered}");
    drop(silent);
    let refused = refusal(&SmtpMailer::new(&options).unwrap(), "ops@example.org").await;
    assert_eq!(refused.failure(), Failure::Retry, "{refused}");
    assert!(refused.to_string().contains("refused"), "{refused}");
}
