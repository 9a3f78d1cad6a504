//! The page at `/alerts`.

mod bounds;

use crate::examples::{alert, notification, rules, silence, waiting};
use crate::markup::{assert_sound, elements};
use crate::visit::{Answer, ago, ahead, console, get, page, sample};
use crate::world::{Mood, World};
use std::time::Duration;
use watchkeeper_domain::{Alert, NotificationState, Severity};

const RULES: &str = r#"
    [[rule]]
    name = "site_down"
    severity = "critical"
    match = ['source="uptime"', 'name="availability_percent"']
    for = "2m"
    threshold = { below = 50, clear_at = 60 }
    receivers = ["ops", "chat"]
    [[rule]]
    name = "rejected"
    dead_letters = { topic = "metrics" }
    [[inhibit]]
    when = ['rule="host_down"']
    mute = ['severity="warning"']
    equal = ["host"]
"#;

/// One section of the page.
fn section<'a>(page: &'a Answer, id: &str) -> &'a str {
    let start = page.body.find(&format!("<section id=\"{id}\"")).unwrap();
    page.body[start..].split("</section>").next().unwrap()
}

/// What a section shows without its markup, with single spaces.
fn text(page: &Answer, id: &str) -> String {
    let without_tags =
        section(page, id).split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text);
    let text: Vec<_> = without_tags.collect();
    text.join(" ").replace("&#34;", "\"").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn what_fires_is_shown_with_the_worst_first() {
    let alerts = vec![
        alert("slow", "shop", Severity::Warning, 30),
        alert("site_down", "shop", Severity::Critical, 9_000),
        Alert { value: None, ..alert("gone", "blog", Severity::Info, 7_200) },
    ];
    let page = page(World { alerts, ..World::default() }, "/alerts").await;
    assert_sound(&page.body);
    let text = text(&page, "firing");
    let critical = "critical site_down uptime availability_percent target shop 0.0 % is 0 percent, below 50 for 2m 2 h ago";
    assert!(text.contains(critical), "{text}");
    let place = |what| text.find(what).unwrap();
    assert!(place("site_down") < place("slow") && place("slow") < place("gone"), "{text}");
    page.assert_has(
        r#"href="/series?source=uptime&#38;name=availability_percent&#38;label.target=shop&#38;unit=percent""#,
    );
    page.assert_has("<title data-part=\"title\">3 firing · Alerts");
    page.assert_has("<p class=\"firing degraded\">3 alerts firing (1 critical)</p>");
}

#[tokio::test]
async fn a_silenced_alert_comes_last_and_names_its_silence() {
    let alerts =
        vec![alert("down", "shop", Severity::Critical, 60), alert("slow", "blog", Severity::Info, 60)];
    let silences = vec![
        silence("s1", "target=shop", ago(60)),
        silence("s2", "target=~\"s.*\"", ago(30)),
        silence("s3", "target=blog", ahead(3_600)),
    ];
    let page = page(World { alerts, silences, ..World::default() }, "/alerts").await;
    assert_sound(&page.body);
    let firing = section(&page, "firing");
    assert!(firing.find("blog").unwrap() < firing.find("shop").unwrap());
    assert_eq!(firing.matches("Silenced").count(), 1);
    // The one that holds longest is the one that matters.
    assert!(firing.contains("<a href=\"#silence-2\">Silenced</a> until"), "{firing}");
    let targets =
        elements(&page.body).into_iter().filter(|element| element.attribute("id") == Some("silence-2"));
    assert_eq!(targets.count(), 1);
}

#[tokio::test]
async fn silences_say_whether_they_hold_until_when_by_whom_and_why() {
    let silences = vec![silence("to-come", "host=b", ahead(3_600)), silence("now", "host=a", ago(3_600))];
    let page = page(World { silences, ..World::default() }, "/alerts").await;
    assert_sound(&page.body);
    let text = text(&page, "silences");
    let (now, to_come) = (
        text.find("active host=\"a\" mutes nothing now until").unwrap(),
        text.find("pending host=\"b\" from").unwrap(),
    );
    assert!(now < to_come, "{text}");
    assert!(text.contains(" left ops new disks now"), "{text}");
    assert!(text.contains(" UTC for 2 h ops new disks to-come"), "{text}");
    assert!(text.contains("watchkeeper silences expire ID"), "{text}");
}

#[tokio::test]
async fn what_has_cleared_is_shown_with_the_latest_first() {
    let cleared = |rule, seconds_ago| Alert {
        cleared_at: Some(ago(seconds_ago)),
        reason: "is 100 percent, not below 50".to_owned(),
        ..alert(rule, "shop", Severity::Warning, seconds_ago + 90)
    };
    let page = page(
        World { alerts: vec![cleared("b", 90_000), cleared("a", 9_000)], ..World::default() },
        "/alerts",
    )
    .await;
    assert_sound(&page.body);
    let text = text(&page, "cleared");
    assert!(text.contains("warning a uptime availability_percent target shop is 100 percent, not below 50 1 min 30 s 2 h ago"), "{text}");
    assert!(text.find(" a ").unwrap() < text.find(" b ").unwrap(), "{text}");
    page.assert_has("No alerts firing");
}

#[tokio::test]
async fn notifications_say_to_whom_and_how_far_they_have_come() {
    let notifications = vec![
        notification("shop is down", 9_000, waiting("connection refused")),
        notification(
            "new",
            9_001,
            NotificationState::Waiting { attempts: 0, next_at: ago(0), last_error: None },
        ),
        notification("disk is full", 9_100, NotificationState::Delivered { at: ago(9_000) }),
        notification(
            "too long",
            9_200,
            NotificationState::GivenUp { at: ago(9_000), reason: "550 no such user".into() },
        ),
    ];
    let page = page(World { notifications, ..World::default() }, "/alerts").await;
    assert_sound(&page.body);
    let text = text(&page, "notifications");
    let first = r#"2 h ago rule="site_down" shop is down mail ops@example.org pending after 3 attempts, next attempt"#;
    for expected in [
        first,
        "connection refused",
        "new mail ops@example.org pending next attempt",
        "delivered 2 h ago",
        "failed 2 h ago 550 no such user",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
    page.assert_has("1 notification failed");
    page.assert_lacks("not shown");
}

#[tokio::test]
async fn rules_say_when_they_fire_about_what_and_who_is_told() {
    let alerts = vec![
        alert("site_down", "shop", Severity::Critical, 9),
        alert("site_down", "blog", Severity::Critical, 9),
    ];
    let page = page(World { alerts, rules: rules(RULES), ..World::default() }, "/alerts").await;
    assert_sound(&page.body);
    let text = text(&page, "rules");
    for expected in [
        r#"site_down critical below 50, clears at 60, for 2m source="uptime", name="availability_percent" chat, ops 2"#,
        "rejected warning dead letters of topic metrics, clears after 1h without one none all receivers 0",
        r#"rule="host_down" mutes severity="warning" with the same host"#,
    ] {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
}

#[tokio::test]
async fn a_rule_inhibition_or_silence_that_matches_no_series_is_marked() {
    let silences = vec![silence("1", "tarrget=shop", ago(1)), silence("2", "target=shop", ago(1))];
    let samples = vec![sample("uptime/availability_percent", &[("target", "shop")], 1.0, 9)];
    let text_of_rules = RULES.replacen("source=", "sourse=", 1);
    let world = World { silences, samples, rules: rules(&text_of_rules), ..World::default() };
    let page = page(world.clone(), "/alerts").await;
    assert_sound(&page.body);
    let (of_rules, of_silences) = (text(&page, "rules"), text(&page, "silences"));
    let expected = "matches no series: none has `sourse`; did you mean `source`?";
    assert!(of_rules.contains(expected), "{of_rules}");
    assert!(of_rules.contains("with the same host `when` matches no series"), "{of_rules}");
    let expected = "matches no series: none has `tarrget`; did you mean `target`?";
    assert!(of_silences.contains(expected), "{of_silences}");
    let nothing_yet = crate::visit::page(World { samples: Vec::new(), ..world }, "/alerts").await;
    nothing_yet.assert_lacks("matches no series");
}

#[tokio::test]
async fn an_empty_page_says_what_to_do() {
    let page = page(World::default(), "/alerts").await;
    assert_sound(&page.body);
    for expected in [
        "No alerts firing",
        "No alerting rules.",
        "watchkeeper silences add",
        "No notifications in the last 7 days.",
    ] {
        page.assert_has(expected);
    }
    page.assert_lacks("<table");
    page.assert_lacks("data-stream");
}

#[tokio::test]
async fn the_rule_that_an_empty_page_suggests_can_be_read() {
    let page = page(World::default(), "/alerts").await;
    let rule = section(&page, "rules").split("<pre><code>").nth(1).unwrap().split("</code>").next().unwrap();
    assert_eq!(rules(rule).rules().len(), 1);
}

#[tokio::test]
async fn a_store_that_refuses_leaves_a_remark_and_the_rest() {
    let world = World {
        alerts: vec![alert("site_down", "shop", Severity::Critical, 9)],
        silences: vec![silence("1", "host=a", ago(1))],
        rules: rules(RULES),
        ..World::default()
    };
    let all = page(World { alert_store: Mood::Refuses, ..world.clone() }, "/alerts").await;
    assert_sound(&all.body);
    for id in ["firing", "cleared"] {
        assert!(section(&all, id).contains("Not shown: alerts unavailable: &#60;b&#62;refused"));
    }
    assert!(text(&all, "rules").contains("unknown"));
    assert!(text(&all, "silences").contains("new disks"));
    all.assert_lacks("No alerts firing");

    let all = page(World { silence_store: Mood::Refuses, outbox: Mood::Refuses, ..world }, "/alerts").await;
    assert_sound(&all.body);
    assert!(text(&all, "firing").contains("Silences not shown: silences unavailable"));
    assert!(text(&all, "firing").contains("site_down"));
    assert!(text(&all, "silences").contains("Not shown: silences unavailable"));
    assert!(text(&all, "notifications").contains("Not shown: notifications unavailable"));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_silent_does_not_keep_the_page() {
    let world = World {
        alert_store: Mood::IsSilent,
        silence_store: Mood::IsSilent,
        outbox: Mood::IsSilent,
        ..World::default()
    };
    let router = console(world).await;
    let page = tokio::time::timeout(Duration::from_secs(30), get(&router, "/alerts")).await.unwrap();
    for what in ["alerts", "silences", "notifications"] {
        page.assert_has(&format!("Not shown: no answer from {what} within 3 s"));
    }
}

#[tokio::test]
async fn the_last_week_has_a_row_for_each_rule_with_links_to_its_alerts() {
    let cleared = Alert { cleared_at: Some(ago(3_600)), ..alert("slow", "shop", Severity::Warning, 7_200) };
    let alerts = vec![alert("site_down", "shop", Severity::Critical, 9_000), cleared];
    let page = page(World { alerts, ..World::default() }, "/alerts").await;
    assert_sound(&page.body);
    let week = section(&page, "week");
    assert!(week.contains("aria-label=\"slow: 1 alert, 1 h\""), "{week}");
    assert!(week.contains("site_down: 1 alert, 2 h 30 min, firing now"), "{week}");
    assert_eq!(week.matches("href=\"/alerts/alert?rule=").count(), 2);
    assert_eq!(week.matches("href=\"/alerts/rule?name=").count(), 2);
}

#[tokio::test]
async fn the_lists_reach_back_as_far_as_is_chosen() {
    let cleared = |rule, seconds_ago| Alert {
        cleared_at: Some(ago(seconds_ago)),
        ..alert(rule, "shop", Severity::Warning, seconds_ago + 90)
    };
    let world = World {
        alerts: vec![cleared("older", 90_000), cleared("newer", 9_000), cleared("oldest", 700_000)],
        notifications: vec![
            notification("new", 9, NotificationState::Delivered { at: ago(1) }),
            notification("old", 90_000, NotificationState::Delivered { at: ago(1) }),
        ],
        ..World::default()
    };
    let week = page(world.clone(), "/alerts").await;
    let (cleared, told) = (text(&week, "cleared"), text(&week, "notifications"));
    assert!(
        cleared.contains("newer") && cleared.contains("older") && !cleared.contains("oldest"),
        "{cleared}"
    );
    assert!(told.contains("new") && told.contains("old"), "{told}");
    let day = page(world.clone(), "/alerts?over=24h").await;
    let (cleared, told) = (text(&day, "cleared"), text(&day, "notifications"));
    assert!(cleared.contains("newer") && !cleared.contains("older"), "{cleared}");
    assert!(told.contains(" new ") && !told.contains(" old "), "{told}");
    let shown = console(world).await;
    let refused = get(&shown, "/alerts?over=1y").await;
    assert_eq!(refused.status, 400);
    refused.assert_has("over: must be one of 24h, 7d");
}
