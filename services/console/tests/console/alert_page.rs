//! The pages of one alert and of one rule.

use crate::examples::{alert, notification, rules, silence, waiting};
use crate::markup::assert_sound;
use crate::visit::{Answer, ago, console, get, sample};
use crate::world::World;
use axum::http::StatusCode;
use std::sync::Arc;
use watchkeeper_console::MAX_NOTIFICATIONS_ABOUT;
use watchkeeper_domain::{
    Acknowledgement, Alert, Channel, Notification, NotificationState, Severity, Timestamp,
};
use watchkeeper_ports::{About, AlertKey, Evaluation, Topic, TopicPartition};
use watchkeeper_rules::Evaluator;

const RULES: &str = r#"
    [[rule]]
    name = "site_down"
    severity = "critical"
    match = ['source="uptime"', 'name="availability_percent"']
    for = "2m"
    threshold = { below = 50, clear_at = 60 }
"#;
/// The page of the alert of that rule for the site `shop`.
const SHOP: &str =
    "/alerts/alert?rule=site_down&series=uptime/availability_percent%7Btarget%3D%22shop%22%7D%20percent";

fn at(fired_at: Timestamp) -> String {
    format!("{SHOP}&fired_at={fired_at}")
}

fn down(seconds_ago: u64) -> Alert {
    alert("site_down", "shop", Severity::Critical, seconds_ago)
}

/// The site was up, and is down since `seconds_ago`.
fn world(alerts: Vec<Alert>, seconds_ago: u64) -> World {
    let value = |second| if second > seconds_ago { 100.0 } else { 0.0 };
    let sampled = |second| {
        let mut sample = sample("uptime/availability_percent", &[("target", "shop")], value(second), second);
        sample.series = down(0).series;
        sample
    };
    World {
        samples: (1..120).map(|minute| sampled(minute * 30)).collect(),
        alerts,
        rules: rules(RULES),
        ..World::default()
    }
}

/// What a page shows without its markup, with single spaces.
fn text(page: &Answer) -> String {
    let main = page.body.split("<main").nth(1).unwrap();
    let text: Vec<_> =
        main.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    text.join(" ").replace("&#34;", "\"").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_all(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
}

#[tokio::test]
async fn an_alert_has_its_reason_the_chart_around_it_with_the_limits_and_the_explanation() {
    let reason = "answered 500, expected 2xx (availability is 0 %, below 50 % for 2 min)".to_owned();
    let shown = console(world(vec![Alert { reason, ..down(600) }], 720)).await;
    for path in [SHOP.to_owned(), at(down(600).fired_at)] {
        let page = get(&shown, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert_sound(&page.body);
        let text = text(&page);
        assert_all(
            &text,
            &[
                "critical site_down",
                "firing since",
                "for 10 min",
                "answered 500, expected 2xx (availability is 0 %, below 50 % for 2 min)",
                "fires below 50.0 %",
                "clears at 60.0 %",
                "the rule fires when below 50, clears at 60, for 2m",
                "Not acknowledged.",
                "Not silenced or inhibited.",
                "Who was notified Nobody.",
            ],
        );
        page.assert_has(">fired</text>");
        page.assert_has("class=\"fired\"");
        page.assert_has(
            "<title>Around the alert: min 0.0 %, max 100.0 %, fires below 50.0 %, clears at 60.0 %</title>",
        );
    }
}

#[tokio::test]
async fn an_alert_can_be_seen_after_it_has_cleared_and_each_time_that_it_fired() {
    let ann = Acknowledgement { at: ago(5_000), by: "ann".into(), comment: "on it".into(), until: None };
    let first = Alert { cleared_at: Some(ago(4_000)), acknowledged: Some(ann), ..down(6_000) };
    let second = Alert { cleared_at: Some(ago(300)), ..down(600) };
    let shown = console(world(vec![first.clone()], 600)).await;
    shown.world().fire(std::slice::from_ref(&second)).await;
    let key = AlertKey::of(&second);
    shown.world().alerts.inner().remove(&[(key, ago(300))]).await.unwrap();

    let latest = get(&shown, SHOP).await;
    assert_sound(&latest.body);
    assert_all(&text(&latest), &["cleared", "after 5 min; fired", "Other times 1", "33 min 20 s"]);
    latest.assert_has(">cleared</text>");
    latest.assert_lacks("action=\"/alerts/acknowledge\"");
    let earlier = get(&shown, &at(first.fired_at)).await;
    assert_sound(&earlier.body);
    assert_all(&text(&earlier), &["after 33 min 20 s", "Was acknowledged by ann", "on it"]);
    let never = get(&shown, &at(ago(601))).await;
    assert_eq!(never.status, StatusCode::NOT_FOUND);
    never.assert_has("there is no alert of rule site_down for uptime/availability_percent");
}

#[tokio::test]
async fn one_alert_and_three_receivers_are_one_event_with_three_deliveries() {
    let id = AlertKey::of(&down(0)).id();
    let told = |channel, recipient: &str, seconds_ago, state| Notification {
        channel,
        recipient: recipient.to_owned(),
        ..notification("site_down: shop", seconds_ago, state)
    };
    let given_up = NotificationState::GivenUp { at: ago(100), reason: "404 Not Found".into() };
    let later = NotificationState::Waiting {
        attempts: 2,
        next_at: ago(0).plus(std::time::Duration::from_secs(600)),
        last_error: Some("connection refused".into()),
    };
    let notifications = vec![
        told(Channel::Slack, "chat", 590, given_up),
        told(Channel::Webhook, "hook", 590, later),
        told(Channel::Mail, "ops@example.org", 590, NotificationState::Delivered { at: ago(580) }),
        // Of the time before.
        told(Channel::Mail, "ops@example.org", 5_000, NotificationState::Delivered { at: ago(4_000) }),
    ];
    let about =
        ["0", "1", "2", "3"].map(|number| About { notification: number.into(), alerts: vec![id.clone()] });
    let others = vec![notification("other", 500, waiting("refused"))];
    let before = Alert { cleared_at: Some(ago(4_000)), ..down(6_000) };
    let mut all = world(vec![before], 600);
    all.notifications = [others, notifications].concat();
    all.about = about.into();
    let shown = console(all).await;
    shown.world().fire(&[down(600)]).await;
    let page = get(&shown, SHOP).await;
    assert_sound(&page.body);
    let notified =
        page.body.split("<section id=\"notified\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(notified.matches("<tr>").count(), 2, "a heading and one event");
    assert_eq!(notified.matches("<li>").count(), 3);
    assert_all(notified, &["delivered", "connection refused", "404 Not Found"]);
    assert_eq!(notified.matches(">Retry now<").count(), 2);
}

#[tokio::test]
async fn what_mutes_an_alert_and_who_works_on_it_are_named() {
    let ann = Acknowledgement { at: ago(60), by: "ann".into(), comment: String::new(), until: None };
    let mut all = world(vec![Alert { acknowledged: Some(ann), ..down(600) }], 600);
    all.silences = vec![silence("s1", "target=shop", ago(60)), silence("s2", "target=blog", ago(60))];
    let shown = console(all).await;
    let page = get(&shown, SHOP).await;
    assert_sound(&page.body);
    assert_all(
        &text(&page),
        &["Acknowledged by ann", "Silenced until", "new disks", "End the silence by ops"],
    );
    page.assert_has("action=\"/alerts/unacknowledge\"");
    page.assert_lacks("action=\"/alerts/acknowledge\"");
    page.assert_lacks("target=\"blog\"");
}

#[tokio::test]
async fn what_is_pending_is_listed_and_has_a_page() {
    let shown = console(world(Vec::new(), 60)).await;
    let mut evaluator = Evaluator::new(rules(RULES));
    let partition = TopicPartition::new(Topic::METRICS, 0);
    for (seconds_ago, value) in [(90, 100.0), (60, 0.0), (30, 0.0)] {
        let mut sample = sample("uptime/availability_percent", &[("target", "shop")], value, seconds_ago);
        sample.series = down(0).series;
        evaluator.observe(&partition, &sample);
    }
    let found = evaluator.drain();
    let evaluation = Evaluation { memories: found.memories, ..Evaluation::default() };
    shown.world().alerts.inner().store(Arc::new(evaluation)).await.unwrap();

    let list = get(&shown, "/alerts").await;
    assert_sound(&list.body);
    let pending =
        list.body.split("<section id=\"pending\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert_all(
        pending,
        &["site_down", "is 0 %, below 50 %", "1 min ago", "Pending <span class=\"muted\">1</span>"],
    );
    let page = get(&shown, SHOP).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_sound(&page.body);
    assert_all(&text(&page), &["pending 1 min ago", "unless its condition ceases to hold", "it fires at"]);
    page.assert_has(">pending</text>");
    page.assert_lacks("class=\"fired\"");
}

#[tokio::test]
async fn a_rule_is_explained_series_by_series() {
    let mut all = world(vec![down(600)], 720);
    all.silences = vec![silence("s1", "target=shop", ago(60))];
    let shown = console(all).await;
    let page = get(&shown, "/alerts/rule?name=site_down").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_sound(&page.body);
    let text = text(&page);
    assert_all(
        &text,
        &[
            "critical site_down Fires when below 50, clears at 60, for 2m.",
            "Notifies all receivers.",
            "target shop firing",
            "the rule fires when below 50, clears at 60, for 2m",
            "silenced until",
        ],
    );
    page.assert_has("href=\"/alerts/alert?rule=site_down&#38;series=");
    let unknown = get(&shown, "/alerts/rule?name=other").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    unknown.assert_has("there is no rule other");
}

#[tokio::test]
async fn an_address_that_names_no_alert_is_refused_by_its_parameter() {
    let shown = console(world(Vec::new(), 60)).await;
    for (path, reason) in [
        ("/alerts/alert?series=a/b", "rule: is missing"),
        ("/alerts/alert?rule=a", "series: must be the key of a series"),
        ("/alerts/alert?rule=a&series=a/b&fired_at=soon", "fired_at: must be an RFC 3339 time"),
        ("/alerts/rule", "name: is missing"),
    ] {
        let refused = get(&shown, path).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
        refused.assert_has(reason);
    }
}

#[tokio::test]
async fn what_is_not_shown_of_an_alert_is_counted_or_said() {
    let id = AlertKey::of(&down(0)).id();
    let delivered =
        |number: u64| notification("again", 10 + number, NotificationState::Delivered { at: ago(1) });
    for (count, is_cut) in [(MAX_NOTIFICATIONS_ABOUT - 1, false), (MAX_NOTIFICATIONS_ABOUT, true)] {
        let mut all = world(vec![down(600)], 600);
        all.notifications = (0..count as u64).map(delivered).collect();
        let link = |number: usize| About { notification: number.to_string(), alerts: vec![id.clone()] };
        all.about = (0..count).map(link).collect();
        let shown = console(all).await;
        let past =
            |number: u64| Alert { cleared_at: Some(ago(1_000 + 10 * number)), ..down(1_005 + 10 * number) };
        let past = (0..21).map(past).collect();
        shown
            .world()
            .alerts
            .inner()
            .store(Arc::new(Evaluation { past, ..Evaluation::default() }))
            .await
            .unwrap();
        let page = get(&shown, SHOP).await;
        assert_sound(&page.body);
        assert_eq!(page.body.contains("Only the newest 200 notifications are read."), is_cut);
        assert_all(&text(&page), &["Other times 21", "1 more not shown."]);
    }
}

#[tokio::test]
async fn what_is_pending_is_shown_up_to_a_number_and_the_others_counted() {
    let shown = console(world(Vec::new(), 60)).await;
    let mut evaluator = Evaluator::new(rules(RULES));
    let partition = TopicPartition::new(Topic::METRICS, 0);
    for site in 0..51 {
        let target = site.to_string();
        evaluator
            .observe(&partition, &sample("uptime/availability_percent", &[("target", &target)], 0.0, 60));
    }
    let evaluation = Evaluation { memories: evaluator.drain().memories, ..Evaluation::default() };
    shown.world().alerts.inner().store(Arc::new(evaluation)).await.unwrap();
    let list = get(&shown, "/alerts").await;
    let pending =
        list.body.split("<section id=\"pending\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(pending.matches("<tr>").count(), 51, "a heading and 50 rows");
    assert_all(pending, &["Pending <span class=\"muted\">51</span>", "1 more not shown."]);
}
