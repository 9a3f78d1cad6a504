//! Whatever others send is text on a page, and nothing else.

use crate::examples::{alert, notification, silence, waiting};
use crate::markup::{assert_sound, elements};
use crate::visit::{ago, console, console_of, event, get, page, sample, world};
use crate::world::World;
use proptest::prelude::*;
use std::sync::Arc;
use watchkeeper_domain::text::is_plain;
use watchkeeper_domain::{
    Alert, Event, Level, Matcher, Matchers, Notification, NotificationState, Series, Severity, Silence,
    Timestamp,
};
use watchkeeper_ports::{BatchBuilder, Record, Topic, TopicPartition};
use watchkeeper_runtime::RoleContext;
use watchkeeper_wire::dead_letter::DeadLetter;

const ATTACK: &str = r#"</td></title><script>alert(1)</script><img src=x onerror="alert(1)">' onfocus='x"#;

#[tokio::test]
async fn markup_in_labels_units_reasons_keys_and_states_is_shown_as_text() {
    let mut batch = BatchBuilder::default();
    DeadLetter {
        reason: ATTACK,
        rejected_by: ATTACK,
        rejected_at: Timestamp::MIN,
        origin: TopicPartition::new(Topic::named(ATTACK), 0),
        offset: 0,
        record: Record { key: ATTACK.as_bytes(), value: b"", headers: &[], incomplete: None },
    }
    .push(&mut batch);
    let evil = [("target", ATTACK), ("group", ATTACK), ("host", ATTACK), ("mount", ATTACK)];
    let samples = vec![
        sample("host/load <script>", &[("evil", ATTACK)], 1.0, 3),
        sample("host/disk_used_percent percent", &evil, 1.0, 3),
        sample("uptime/availability_percent percent", &evil, 0.0, 3),
    ];
    let world = World { samples, dead_letters: batch.finish(), ..World::default() };
    let context = RoleContext::detached("persister");
    context.dependency("store").down(ATTACK);
    let router = console_of(context, world).await;

    for path in ["/", "/explore", "/system"] {
        let page = get(&router, path).await;
        assert_sound(&page.body);
        page.assert_has("&#60;script&#62;alert(1)");
    }
    let page = get(&router, "/explore").await;
    let images = elements(&page.body).into_iter().filter(|element| element.name == "img");
    assert_eq!(images.count(), 1, "the one in the header");
}

#[tokio::test]
async fn markup_in_an_address_is_shown_as_text() {
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let router = console(world([sample("host/load", &[], 1.0, 3)])).await;
    for path in [
        format!("/explore?q={attack}&label.a={attack}"),
        format!("/series?source=host&name=load&label.a={attack}&unit={attack}"),
        format!("/target?source=host&name=load&label.target={attack}&unit={attack}"),
    ] {
        let page = get(&router, &path).await;
        assert_sound(&page.body);
        page.assert_has("&#60;script&#62;alert(1)");
    }
}

/// An event whose every text is `text`.
fn evil_event(text: &str) -> Event {
    let mut event = event(text, Level::Info, text, 30);
    text.clone_into(&mut event.host);
    event.fields.insert(text.to_owned(), text.into());
    event.mark(text);
    event
}

#[tokio::test]
async fn markup_in_events_is_shown_as_text() {
    let evil = evil_event(ATTACK);
    let id = evil.id;
    let router = console(World { events: vec![evil.clone(), evil_event(ATTACK)], ..World::default() }).await;
    for path in
        ["/events", "/events?query=%3Cscript%3Ealert(1)", &format!("/events/{id}?query=%22%3E%3Cscript%3E")]
    {
        let page = get(&router, path).await;
        assert_sound(&page.body);
        page.assert_has("&#60;script&#62;alert(1)");
    }
}

/// Something fires, is silenced, and was told: every text in it is `text`.
fn world_of(text: &str) -> World {
    let series = Series::new("uptime", "up", "<b>", &[("evil", text)]).unwrap();
    let alert = |cleared_at| Alert {
        rule: text.to_owned(),
        series: Arc::new(series.clone()),
        reason: text.to_owned(),
        cleared_at,
        ..alert("", "", Severity::Critical, 9)
    };
    let told = |state| Notification {
        group: text.to_owned(),
        recipient: text.to_owned(),
        ..notification(text, 90, state)
    };
    let given_up = NotificationState::GivenUp { at: ago(1), reason: text.to_owned() };
    World {
        alerts: vec![alert(None), Alert { rule: "other".to_owned(), ..alert(Some(ago(1))) }],
        notifications: vec![told(waiting(text)), told(given_up)],
        silences: vec![Silence {
            created_by: text.to_owned(),
            comment: text.to_owned(),
            matchers: Matchers::new(vec![Matcher::equal("evil", text)]).unwrap(),
            ..silence(text, "a=b", ago(1))
        }],
        ..World::default()
    }
}

#[tokio::test]
async fn markup_in_alerts_notifications_and_silences_is_shown_as_text() {
    let router = console(world_of(ATTACK)).await;
    let alerts = get(&router, "/alerts").await;
    assert_sound(&alerts.body);
    alerts.assert_has("#silence-1\">Silenced</a>");
    // In the lists and the time line, and in what a screen reader says of their buttons and bars.
    assert_eq!(alerts.body.matches("&#60;script&#62;alert(1)").count(), 28);

    let of_series = elements(&alerts.body).into_iter().find_map(|element| {
        let link = element.attribute("href")?.replace("&#38;", "&");
        link.starts_with("/series?").then_some(link)
    });
    for (path, firing) in
        [("/", ">1 alert firing (1 critical), "), (&*of_series.unwrap(), "<strong>firing</strong>")]
    {
        let page = get(&router, path).await;
        assert_sound(&page.body);
        page.assert_has(firing);
    }
}

/// What a browser would obey or not show, and how it is written out.
const STEERING: &str = "a\u{202e}b\u{2028}c\u{200b}d";
const WRITTEN_OUT: &str = "a\\u{202e}b\nc\\u{200b}d";

/// What a page shows of others: all of it but the attributes that programs read.
fn shown(page: &str) -> String {
    let without = |page: &str, attribute: &str| -> String {
        let mut parts = page.split(attribute);
        let before = parts.next().into_iter();
        before.chain(parts.filter_map(|part| Some(part.split_once('"')?.1))).collect()
    };
    without(&without(page, " data-key=\""), " value=\"")
}

#[tokio::test]
async fn what_steers_the_writing_direction_or_is_not_seen_is_written_out_on_every_page() {
    let samples = vec![sample("host/load", &[("evil", STEERING)], 1.0, 3)];
    let with_series = console(World { samples, ..world_of(STEERING) }).await;
    for path in
        ["/explore", "/alerts", "/series?source=host&name=load&label.evil=a%E2%80%AEb%E2%80%A8c%E2%80%8Bd"]
    {
        let page = get(&with_series, path).await;
        assert_sound(&page.body);
        page.assert_has(WRITTEN_OUT);
        let shown = shown(&page.body);
        let found = shown.chars().find(|c| *c != '\n' && !is_plain(*c));
        assert_eq!(found, None, "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_label_leaves_the_page_sound(value in "[ -~äß€\u{202e}]{0,80}", number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let samples = [sample("host/load", &[("a", &value)], number, 3)];
        let page = runtime.block_on(page(world(samples), "/explore"));
        assert_sound(&page.body);
    }

    #[test]
    fn any_text_leaves_the_pages_of_events_sound(text in "[ -~äß€\u{1b}\u{202e}\n\t]{0,80}", query in "\\PC{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let evil = evil_event(&text);
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("query", &query).finish();
        let paths = ["/events".to_owned(), format!("/events?{query}"), format!("/events/{}?{query}", evil.id)];
        runtime.block_on(async {
            let router = console(World { events: vec![evil], ..World::default() }).await;
            for path in paths {
                assert_sound(&get(&router, &path).await.body);
            }
        });
    }

    #[test]
    fn any_text_leaves_the_page_of_alerts_sound(text in "[ -~äß€\u{202e}]{0,80}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let page = runtime.block_on(page(world_of(&text), "/alerts"));
        assert_sound(&page.body);
    }
}
