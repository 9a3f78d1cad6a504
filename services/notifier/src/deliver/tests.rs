//! The loop that sends, with an outbox and a mail server that do as the test says. Time is virtual.

use super::*;
use crate::fakes::outbox::{FakeOutbox, mail};
use crate::metrics::Attempt;
use axum::http::StatusCode;
use tokio::task::JoinHandle;
use watchkeeper_domain::Channel;
use watchkeeper_ports::Mailer;
use watchkeeper_test_kit::{Server, Staged, mailbox};

type Mailbox = Staged<dyn Mailer>;

/// A mail server that takes nothing until it is let.
fn slow() -> Arc<Mailbox> {
    let mailbox = mailbox();
    mailbox.hold("send");
    mailbox
}

struct Running {
    context: RoleContext,
    mailbox: Arc<Mailbox>,
    outbox: Arc<FakeOutbox>,
    metrics: Arc<NotifierMetrics>,
    role: JoinHandle<RoleResult>,
}

fn deliverer(outbox: &Arc<FakeOutbox>, mailbox: &Arc<Mailbox>, metrics: &Arc<NotifierMetrics>) -> Deliverer {
    Deliverer::new(NotifierSettings::of(""), outbox.clone(), mailbox.clone(), metrics.clone())
}

impl Running {
    fn start(outbox: Arc<FakeOutbox>, mailbox: Arc<Mailbox>) -> Self {
        let context = RoleContext::detached("notifier");
        let metrics = Arc::new(NotifierMetrics::register(context.registry()).unwrap());
        let deliverer = Arc::new(deliverer(&outbox, &mailbox, &metrics));
        let role = tokio::spawn(keep_delivering(context.clone(), deliverer, Arc::new(Notify::new())));
        Self { context, mailbox, outbox, metrics, role }
    }

    /// Waits until so many mails are being handed over.
    async fn under_way(&self, count: usize) {
        self.mailbox.called("send", |calls| calls.under_way() == count).await;
    }

    async fn settled(&self, count: usize) {
        while self.outbox.settled.lock().unwrap().len() < count {
            sleep(LOOK_EVERY).await;
        }
    }

    fn delivered(&self) -> usize {
        let settled = self.outbox.settled.lock().unwrap();
        settled.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Delivered { .. })).count()
    }

    async fn stop(self) {
        self.context.shutdown().cancel();
        self.role.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_are_sent_at_once_than_the_bound_and_all_are_sent() {
    let running = Running::start(FakeOutbox::with_mails(MAX_AT_ONCE + 3), slow());
    running.under_way(MAX_AT_ONCE).await;
    sleep(3 * LOOK_EVERY).await;
    assert_eq!(running.mailbox.calls("send").under_way(), MAX_AT_ONCE);
    assert_eq!(running.outbox.due.lock().unwrap().len(), 3, "nothing is claimed that is not sent");
    running.mailbox.let_pass("send", MAX_AT_ONCE + 3);
    running.settled(MAX_AT_ONCE + 3).await;
    assert_eq!(running.delivered(), MAX_AT_ONCE + 3);
    assert_eq!(running.metrics.attempts(Channel::Mail, Attempt::Delivered), 11);
    let text = prometheus::TextEncoder::new().encode_to_string(&running.context.registry().gather()).unwrap();
    assert!(text.contains("watchkeeper_notifier_send_seconds_count{channel=\"mail\"} 11"), "{text}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_being_sent_is_finished_at_the_end_and_nothing_more_is_begun() {
    let running = Running::start(FakeOutbox::with_mails(MAX_AT_ONCE + 1), slow());
    running.under_way(MAX_AT_ONCE).await;
    running.context.shutdown().cancel();
    sleep(FINISH_WITHIN / 2).await;
    running.mailbox.let_pass("send", MAX_AT_ONCE + 1);
    let Running { role, outbox, mailbox, .. } = running;
    role.await.unwrap().unwrap();
    assert_eq!((outbox.settled.lock().unwrap().len(), mailbox.noted().len()), (8, 8));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_finished_in_time_is_left_to_be_sent_again() {
    let running = Running::start(FakeOutbox::with_mails(1), slow());
    running.under_way(1).await;
    let asked = Instant::now();
    let outbox = Arc::clone(&running.outbox);
    running.stop().await;
    assert_eq!(asked.elapsed().as_secs(), FINISH_WITHIN.as_secs());
    assert!(outbox.settled.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_send_that_hangs_is_broken_off_and_tried_again() {
    let made_at = Timestamp::now();
    let running = Running::start(FakeOutbox::with_mails(1), slow());
    running.settled(1).await;
    let settled = running.outbox.settled.lock().unwrap()[0].1.clone();
    let Outcome::Failed { reason, retry_at } = settled else { panic!("{settled:?}") };
    assert_eq!(reason, "not accepted within 660 s");
    let waits_after_it = SEND_WITHIN + RETRY_AFTER_AT_LEAST;
    assert!(retry_at >= made_at.plus(waits_after_it), "{retry_at}");
    assert_eq!(running.metrics.attempts(Channel::Mail, Attempt::Failed), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_the_server_takes_a_minute_for_is_sent_by_nobody_else_meanwhile() {
    let first = Running::start(FakeOutbox::with_mails(1), slow());
    first.under_way(1).await;
    let second = Running::start(first.outbox.clone(), first.mailbox.clone());
    sleep(Duration::from_secs(60)).await;
    assert_eq!(first.mailbox.calls("send").under_way(), 1);
    first.mailbox.let_pass("send", 10);
    first.settled(1).await;
    assert_eq!((first.delivered(), first.mailbox.noted().len()), (1, 1));
    for running in [first, second] {
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_notifier_had_in_hand_is_sent_by_another_in_time() {
    let killed = Running::start(FakeOutbox::with_mails(1), slow());
    killed.under_way(1).await;
    // At the worst moment: right after a renewal.
    sleep(RENEW_EVERY).await;
    let (killed_at, outbox) = (Instant::now(), killed.outbox.clone());
    killed.role.abort();
    let other = Running::start(outbox, mailbox());
    other.settled(1).await;
    assert_eq!((other.delivered(), other.mailbox.noted().len()), (1, 1));
    assert!(killed_at.elapsed() < MOST_LATE, "{:?}", killed_at.elapsed());
    other.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_send_is_broken_off_when_another_has_claimed_the_notification() {
    let outbox = FakeOutbox::with_mails(1);
    let running = Running::start(outbox.clone(), slow());
    running.under_way(1).await;
    // As if this process had stood still: its renewals did not come.
    outbox.end_leases();
    let claimed = outbox.claim(Timestamp::now().plus(LEASE), LEASE, 1).await.unwrap();
    sleep(2 * RENEW_EVERY).await;
    assert_eq!(running.mailbox.calls("send").dropped, 1);
    let delivered = Outcome::Delivered { at: Timestamp::now() };
    assert_eq!(outbox.settle(&claimed[0].lease, &delivered).await.unwrap(), Tenure::Held);
    running.mailbox.let_pass("send", 10);
    running.stop().await;
    let settled = outbox.settled.lock().unwrap();
    assert_eq!(settled[..], [("0".to_owned(), delivered)], "it is settled once");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_while_a_mail_is_sent_breaks_nothing_off() {
    let running = Running::start(FakeOutbox::with_mails(1), slow());
    running.under_way(1).await;
    *running.outbox.is_away.lock().unwrap() = true;
    let other = Running::start(running.outbox.clone(), running.mailbox.clone());
    sleep(3 * LEASE).await;
    *running.outbox.is_away.lock().unwrap() = false;
    sleep(2 * LEASE).await;
    running.mailbox.let_pass("send", 10);
    running.settled(1).await;
    assert_eq!((running.delivered(), running.mailbox.noted().len()), (1, 1));
    for running in [running, other] {
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_while_the_store_was_away_is_noted_before_anybody_sends_it_again() {
    let running = Running::start(FakeOutbox::with_mails(1), slow());
    running.under_way(1).await;
    *running.outbox.is_away.lock().unwrap() = true;
    running.mailbox.let_pass("send", 10);
    let other = Running::start(running.outbox.clone(), running.mailbox.clone());
    sleep(3 * LEASE).await;
    *running.outbox.is_away.lock().unwrap() = false;
    sleep(3 * LEASE).await;
    assert_eq!((running.delivered(), running.mailbox.noted().len()), (1, 1));
    for running in [running, other] {
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_outbox_that_is_away_is_asked_again_and_nothing_is_sent_twice() {
    let outbox = FakeOutbox::with_mails(2);
    *outbox.failures.lock().unwrap() = 5;
    let running = Running::start(outbox, mailbox());
    running.settled(2).await;
    assert_eq!((running.delivered(), running.mailbox.noted().len()), (2, 2));
    assert!(running.context.roster().is_ready());
    running.stop().await;
}

#[tokio::test]
async fn what_nobody_can_send_is_given_up_with_the_reason() {
    let (outbox, mailbox) = (FakeOutbox::with_mails(0), mailbox());
    let metrics = NotifierMetrics::register(RoleContext::detached("notifier").registry()).unwrap();
    let deliverer = deliverer(&outbox, &mailbox, &Arc::new(metrics));
    let hook = Notification { channel: Channel::Webhook, recipient: "chat".into(), ..mail("1") };
    let broken = Notification { body: "{}".into(), ..mail("2") };
    let now = Timestamp::now();
    let reason = async |notification: &Notification| match deliverer.attempt(notification, now).await {
        Outcome::GivenUp { reason, .. } => reason,
        outcome => panic!("{outcome:?}"),
    };
    assert_eq!(reason(&hook).await, "the configuration has no receiver chat with webhook anymore");
    assert!(reason(&broken).await.contains("missing field"), "{}", reason(&broken).await);
}

/// Row by row as for Slack: the first of twelve is refused for 30 s.
#[tokio::test]
async fn all_wait_for_as_long_as_the_first_was_asked_to_and_come_in_their_order() {
    let server = Server::scripted([(StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")])]).await;
    (0..12).for_each(|_| server.then(StatusCode::OK));
    let config = format!("[[notifier.receiver]]\nname = 'chat'\nwebhook.url = '{}'", server.url);
    let metrics = Arc::new(NotifierMetrics::register(RoleContext::detached("notifier").registry()).unwrap());
    let (outbox, mailbox) = (FakeOutbox::with_mails(0), mailbox());
    let deliverer = Deliverer::new(NotifierSettings::of(&config), outbox, mailbox.clone(), metrics.clone());
    let hook = |number: usize| Notification {
        channel: Channel::Webhook,
        recipient: "chat".into(),
        ..mail(&number.to_string())
    };
    let hooks: Vec<_> = (0..12).map(hook).collect();
    let (start, mut until) = (hooks[11].made_at, Timestamp::MIN);
    for (number, hook) in hooks.iter().enumerate() {
        let (retry_at, reason) = match deliverer.attempt(hook, start).await {
            Outcome::Failed { retry_at, reason } if number == 0 => (retry_at, reason),
            Outcome::Postponed { until, reason } if number > 0 => (until, reason),
            outcome => panic!("{number}: {outcome:?}"),
        };
        // The pause begins with the answer, however long that took.
        assert!(retry_at >= start.plus(Duration::from_secs(30)), "{number}: {retry_at}: {reason}");
        until = until.max(retry_at);
        let asked = if number == 0 { "127.0.0.1 answered 429" } else { "webhook asked for a pause until" };
        assert!(reason.starts_with(asked), "{reason}");
    }
    let mail = deliverer.attempt(&mail("other"), start).await;
    assert!(matches!(mail, Outcome::Delivered { .. }), "{mail:?}");
    for hook in &hooks {
        let outcome = deliverer.attempt(hook, until).await;
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    }
    let ids: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("x-watchkeeper-id").unwrap().to_owned())
        .collect();
    let expected: Vec<_> = [0].into_iter().chain(0..12).map(|number: usize| number.to_string()).collect();
    assert_eq!(ids, expected, "one was refused, and none was asked for in between");
    assert_eq!(metrics.attempts(Channel::Webhook, Attempt::Failed), 1);
}
