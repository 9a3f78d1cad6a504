//! Unavailable servers, and recipients that do not exist.

use super::places::Deaths;
use super::stage::{STEP, Stage};
use std::collections::BTreeSet;
use watchkeeper_domain::NotificationState;
use watchkeeper_ports::Mail;
use watchkeeper_test_kit::{rejected, unavailable};

/// What a mail server says to a recipient who does not exist.
const NO_SUCH_USER: &str = "550 5.1.1 no such user";

const CONFIG: &str = r#"
[notifier]
group_by = ["target"]
group_wait = "0s"
group_interval = "1m"
give_up_after = "3h"

[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org", "gone@example.org"]

[[rule]]
name = "high"
match = ['name="value"']
[rule.threshold]
above = 10
"#;

/// Runs so many steps with these values.
async fn goes_on(stage: &mut Stage, steps: usize, values: &[(&str, f64)]) {
    for _ in 0..steps {
        stage.step(values, &mut Deaths::default()).await;
    }
}

fn hours(count: usize) -> usize {
    count * 3_600 / usize::try_from(STEP.as_secs()).unwrap()
}

fn ids(mails: &[Mail]) -> BTreeSet<String> {
    mails.iter().map(|mail| mail.id.clone()).collect()
}

#[tokio::test]
async fn a_mail_server_that_comes_back_gets_the_newest_of_each_group_once() {
    let mut stage = Stage::new(CONFIG);
    goes_on(&mut stage, 2, &[("a", 1.0), ("b", 1.0)]).await;
    stage.mailbox.fail_all(unavailable("mail"));
    goes_on(&mut stage, hours(1) / 2, &[("a", 20.0), ("b", 1.0)]).await;
    goes_on(&mut stage, hours(1) / 2, &[("a", 1.0), ("b", 20.0)]).await;
    assert_eq!(stage.mails(), []);
    let waiting = stage.notifications().await;
    let last_errors = waiting.iter().filter_map(|notification| match &notification.state {
        NotificationState::Waiting { attempts: 0, .. } | NotificationState::Superseded { .. } => None,
        NotificationState::Waiting { last_error, .. } => last_error.as_deref(),
        settled => panic!("{settled:?}"),
    });
    let tried: Vec<_> = last_errors.collect();
    assert_eq!(tried, ["connection refused"; 4], "the newest of two groups, for two");
    stage.mailbox.mend();
    goes_on(&mut stage, hours(1) / 4, &[("a", 1.0), ("b", 20.0)]).await;
    let mails = stage.mails();
    assert_eq!(mails.len(), 4, "a clears and b fires, told to two");
    let is_waiting = |state: &NotificationState| matches!(state, NotificationState::Waiting { .. });
    let waited = waiting.iter().filter(|notification| is_waiting(&notification.state));
    assert_eq!(ids(&mails), waited.map(|notification| notification.id.clone()).collect());
    assert_eq!(ids(&mails).len(), mails.len());
    for recipient in ["ops@example.org", "gone@example.org"] {
        let subjects = mails.iter().filter(|mail| mail.to.as_str() == recipient).map(|mail| &*mail.subject);
        let subjects: Vec<_> = subjects.collect();
        let is_there = |what: &str| subjects.iter().any(|subject| subject.starts_with(what));
        assert!(is_there("Recovered: high: a") && is_there("[warning] high: b"), "{subjects:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_in_its_time_is_given_up_with_the_reason() {
    let mut stage = Stage::new(CONFIG);
    stage.mailbox.fail_all(unavailable("mail"));
    goes_on(&mut stage, hours(3) + 2, &[("a", 20.0)]).await;
    for notification in stage.notifications().await {
        let NotificationState::GivenUp { reason, .. } = notification.state else {
            panic!("{:?}", notification.state)
        };
        assert_eq!(reason, "not delivered within 3h: connection refused");
    }
}

#[tokio::test]
async fn a_recipient_that_does_not_exist_is_given_up_at_once_and_the_others_are_told() {
    let mut stage = Stage::new(CONFIG);
    stage
        .mailbox
        .refuse_when(|mail| (mail.to.as_str() == "gone@example.org").then(|| rejected("mail", NO_SUCH_USER)));
    goes_on(&mut stage, 3, &[("a", 20.0)]).await;
    let recipients: Vec<_> = stage.mails().into_iter().map(|mail| mail.to.to_string()).collect();
    assert_eq!(recipients, ["ops@example.org"]);
    let notifications = stage.notifications().await;
    let gone = notifications.iter().find(|notification| notification.recipient == "gone@example.org");
    let Some(NotificationState::GivenUp { reason, .. }) = gone.map(|gone| &gone.state) else {
        panic!("{notifications:#?}")
    };
    assert_eq!(reason, NO_SUCH_USER);
}
