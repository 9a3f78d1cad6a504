//! Reports from their schedule to the outbox.

use super::*;
use std::ops::Deref;
use watchkeeper_ports::Table;
use watchkeeper_test_kit::World;

const CONFIG: &str = r#"
[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org", "dev@example.org"]
[[notifier.receiver]]
name = "boss"
mail = ["boss@example.org", "ops@example.org"]

[[report]]
name = "one"
title = "One"
sql = "SELECT 1 AS number"
schedule = "daily 08:00"
mail = ["ops", "boss"]
"#;

struct Stage {
    world: World,
    config: String,
}

impl Stage {
    fn new(config: impl Into<String>) -> Self {
        Self { world: World::new(), config: config.into() }
    }

    fn sender(&self) -> ReportSender {
        let registry = prometheus::Registry::new();
        ReportSender {
            settings: NotifierSettings::of(&self.config),
            reports: self.world.reports.clone(),
            schedule: self.world.schedule.clone(),
            notifications: self.world.notifications.clone(),
            metrics: Arc::new(NotifierMetrics::register(&registry).unwrap()),
            planned: Arc::new(Notify::new()),
        }
    }

    async fn round(&self, sender: &ReportSender, now: &str) -> Result<(), Stopped> {
        let context = RoleContext::detached("notifier");
        let heartbeat = context.heartbeat("reports");
        sender.round(format!("2026-11-{now}:00Z").parse().unwrap(), &heartbeat).await
    }

    /// A round of a notifier that has just started.
    async fn restarted(&self, now: &str) {
        let sender = self.sender();
        self.round(&sender, now).await.unwrap();
    }

    async fn mails(&self) -> Vec<Mail> {
        let newest = self.world.notifications.newest(100).await.unwrap();
        let mut mails: Vec<Mail> =
            newest.iter().map(|notification| mail_body::read(&notification.body).unwrap()).collect();
        mails.sort_by(|one, other| (one.date, one.to.as_str()).cmp(&(other.date, other.to.as_str())));
        mails
    }

    async fn sent_to(&self) -> Vec<String> {
        self.mails().await.iter().map(|mail| mail.to.to_string()).collect()
    }
}

impl Deref for Stage {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

#[tokio::test]
async fn a_report_is_mailed_once_to_each_address_when_it_is_due_and_a_restart_repeats_nothing() {
    let stage = Stage::new(CONFIG);
    stage.restarted("20T09:00").await;
    assert_eq!(stage.sent_to().await, [""; 0], "it is new");
    stage.restarted("21T07:59").await;
    assert_eq!(stage.sent_to().await, [""; 0]);
    for now in ["21T08:00", "21T08:01", "21T20:00"] {
        stage.restarted(now).await;
        assert_eq!(stage.sent_to().await, ["boss@example.org", "dev@example.org", "ops@example.org"]);
    }
    let mail = stage.mails().await.remove(0);
    assert_eq!(mail.subject, "Report: One");
    assert!(mail.text.contains("number\n1\n\n1 row.\n"), "{}", mail.text);
    assert_eq!(mail.attachment.unwrap().text, "number\r\n1\r\n");
    stage.restarted("22T08:00").await;
    assert_eq!(stage.sent_to().await.len(), 6);
}

#[tokio::test]
async fn a_report_that_was_due_while_nobody_ran_is_sent_when_somebody_does() {
    let stage = Stage::new(CONFIG);
    stage.restarted("20T09:00").await;
    stage.restarted("23T12:00").await;
    assert_eq!(stage.sent_to().await.len(), 3, "for the last time only");
    assert!(stage.mails().await[0].text.contains("due at 2026-11-23T08:00:00Z"));
}

#[tokio::test]
async fn several_notifiers_send_a_report_once() {
    let stage = Stage::new(CONFIG);
    stage.restarted("20T09:00").await;
    let (one, other) = (stage.sender(), stage.sender());
    let (first, second) = tokio::join!(stage.round(&one, "21T08:00"), stage.round(&other, "21T08:00"));
    first.and(second).unwrap();
    assert_eq!(stage.sent_to().await.len(), 3);
}

#[tokio::test]
async fn a_crash_between_storing_and_marking_sends_nothing_twice() {
    let stage = Stage::new(CONFIG);
    stage.restarted("20T09:00").await;
    let marked = [("one".to_owned(), "2026-11-20T09:00:00Z".parse().unwrap())];
    stage.restarted("21T08:00").await;
    stage.schedule.mark(OWNER, &marked).await.unwrap();
    stage.restarted("21T08:01").await;
    assert_eq!(stage.sent_to().await.len(), 3);
}

#[tokio::test]
async fn a_report_that_fails_is_mailed_with_the_error_and_counted() {
    let stage = Stage::new(CONFIG.replace("SELECT 1 AS number", "SELECT nonsense FROM events"));
    stage.restarted("20T09:00").await;
    let sender = stage.sender();
    stage.round(&sender, "21T08:00").await.unwrap();
    let mail = stage.mails().await.remove(0);
    assert_eq!(mail.subject, "Report failed: One");
    assert!(mail.text.contains("line 1, column 8: no such column: nonsense"), "{}", mail.text);
    let count = |outcome| sender.metrics.reports.with_label_values(&[outcome]).get();
    assert_eq!((count("failed"), count("answered")), (1, 0));
}

#[tokio::test]
async fn while_the_store_is_away_a_report_is_tried_again_and_the_others_are_sent() {
    let second =
        "\n[[report]]\nname = \"two\"\nsql = \"SELECT 2\"\nschedule = \"daily 08:00\"\nmail = [\"ops\"]\n";
    let stage = Stage::new(format!("{CONFIG}{second}"));
    stage.restarted("20T09:00").await;
    stage.reports.refuse_when(|query| {
        let away = PortError::Unavailable { what: "store", reason: "away".into() };
        query.sql.contains("AS number").then_some(away)
    });
    let sender = stage.sender();
    assert!(stage.round(&sender, "21T08:00").await.is_err());
    assert_eq!(stage.sent_to().await.len(), 2, "the second report");
    stage.reports.refuse_when(|_| None);
    stage.round(&sender, "21T08:01").await.unwrap();
    assert_eq!(stage.sent_to().await.len(), 5);
}

#[tokio::test]
async fn a_report_without_a_schedule_is_not_sent_and_asks_for_nothing() {
    let stage = Stage::new("[[report]]\nname = \"one\"\nsql = \"SELECT 1\"");
    stage.restarted("20T09:00").await;
    assert!(stage.schedule.marks(OWNER).await.unwrap().is_empty());
    assert_eq!(stage.sent_to().await, [""; 0]);
}

#[tokio::test]
async fn a_reload_changes_what_is_sent() {
    let stage = Stage::new("");
    let sender = stage.sender();
    stage.round(&sender, "20T09:00").await.unwrap();
    sender.settings.replace(NotifierSettings::of(CONFIG).current());
    stage.round(&sender, "20T10:00").await.unwrap();
    stage.round(&sender, "21T10:00").await.unwrap();
    assert_eq!(stage.sent_to().await.len(), 3);
}

#[test]
fn an_empty_answer_is_sent_too() {
    let report = NotifierSettings::of(CONFIG).current().config.reports.named("one").unwrap().clone();
    let table = Table { columns: vec!["a".into()], ..Table::default() };
    let letter = Letter::write(&report, Timestamp::MIN, &Outcome::Answered(table));
    assert!(letter.text.contains("No rows."), "{}", letter.text);
}
