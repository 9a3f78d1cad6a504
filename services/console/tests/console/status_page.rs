//! The page at `/`.

use crate::examples::{alert, notification, waiting};
use crate::markup::{assert_sound, elements};
use crate::visit::{console, console_of, get, page, sample, world};
use crate::world::{Mood, World};
use axum::http::StatusCode;
use std::time::Duration;
use watchkeeper_console::PAGE_SERIES;
use watchkeeper_domain::Severity;
use watchkeeper_ports::{Lag, Topic, TopicPartition};
use watchkeeper_runtime::RoleContext;

#[tokio::test]
async fn a_sample_is_shown_with_its_value_unit_age_and_line() {
    let labels = [("host", "bare-01")];
    let hour =
        (0..60).map(|minute| sample("host/memory bytes", &labels, 1.3e9, 7_200 + 3 - 60 * minute - 3_600));
    let page = page(world(hour), "/").await;
    assert_sound(&page.body);
    page.assert_has("1.2 GiB</data>");
    page.assert_has(r#"href="/series?source=host&#38;name=memory&#38;label.host=bare-01&#38;unit=bytes""#);
    page.assert_has("averages per minute: min 1.2 GiB, avg 1.2 GiB, max 1.2 GiB</title>");
    page.assert_has("Operational");
}

#[tokio::test]
async fn without_samples_the_page_says_how_to_send_one() {
    let page = page(World::default(), "/").await;
    assert_sound(&page.body);
    page.assert_has("No samples yet.");
    page.assert_has("http://watch.example:8460/v1/samples");
    page.assert_has("No dead letters.");
    page.assert_lacks("<table class=\"series\">");
    page.assert_lacks("data-stream");
}

#[tokio::test]
async fn a_role_that_waits_is_named_with_the_reason() {
    let context = RoleContext::detached("persister");
    let store = context.dependency("store");
    store.down("connection refused");
    let router = console_of(context, World::default()).await;
    let page = get(&router, "/").await;
    page.assert_has("Waiting for store");
    page.assert_has("waiting for store: connection refused");
    store.up();
    get(&router, "/").await.assert_has("Operational");
}

#[tokio::test]
async fn the_lag_of_each_group_is_shown_over_all_partitions() {
    let lag = |partition, committed| Lag {
        partition: TopicPartition::new(Topic::METRICS, partition),
        low: 0,
        committed,
        high: 2_000,
    };
    let mut world = World::default();
    world.lags.insert("persister", vec![lag(0, 500), lag(1, 2_000)]);
    let page = page(world, "/").await;
    page.assert_has("<th scope=\"row\">persister</th>\n<td>metrics</td>");
    page.assert_has("1,500</td>");
    page.assert_has("2,500 <span class=\"muted\">of 4,000</span>");
    page.assert_has("<th scope=\"row\">cache</th>");
}

#[tokio::test]
async fn a_port_that_refuses_leaves_a_remark_and_the_rest() {
    let one = [sample("host/load", &[], 1.5, 3)];
    let answer = page(World { store: Mood::Refuses, bus: Mood::Refuses, ..world(one.clone()) }, "/").await;
    assert_sound(&answer.body);
    answer.assert_has("Degraded: no answer from bus and store");
    answer.assert_has("Not shown: bus unavailable: &#60;b&#62;refused&#60;/b&#62;");
    answer.assert_has("Last hour not shown: store unavailable");
    answer.assert_has("1.5</data>");
    let answer = page(World { cache: Mood::Refuses, ..world(one) }, "/").await;
    assert_sound(&answer.body);
    answer.assert_has("Degraded: no answer from cache");
    answer.assert_has("1.5</data>");
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_silent_does_not_keep_the_page() {
    let silent =
        World { cache: Mood::IsSilent, store: Mood::IsSilent, bus: Mood::IsSilent, ..World::default() };
    let router = console(silent).await;
    let page = tokio::time::timeout(Duration::from_secs(30), get(&router, "/")).await.unwrap();
    page.assert_has("Not shown: no answer from store within 3 s");
    page.assert_has("Not shown: no answer from bus within 3 s");
}

fn many(count: usize) -> World {
    world((0..count).map(|cpu| sample("host/cpu percent", &[("cpu", &format!("{cpu:03}"))], 12.5, 30)))
}

fn rows(html: &str) -> Vec<String> {
    elements(html).iter().filter_map(|element| element.attribute("data-key").map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_full_page_has_no_next_one() {
    let page = page(many(PAGE_SERIES), "/").await;
    assert_eq!(rows(&page.body).len(), PAGE_SERIES);
    page.assert_has("Series <span class=\"muted\">50</span>");
    page.assert_lacks("Next page");
}

#[tokio::test]
async fn one_series_more_is_on_the_next_page_with_its_line() {
    let router = console(many(PAGE_SERIES + 1)).await;
    let first = get(&router, "/").await;
    assert_eq!(rows(&first.body).len(), PAGE_SERIES);
    let elements = elements(&first.body);
    let next = elements.iter().find(|element| element.attribute("rel") == Some("next")).unwrap();
    let next = get(&router, next.attribute("href").unwrap().split('#').next().unwrap()).await;
    assert_eq!(rows(&next.body), ["host/cpu{cpu=&#34;050&#34;} percent"]);
    next.assert_has("min 12.5 %");
    next.assert_has("First page");
}

#[tokio::test]
async fn a_page_far_into_one_name_has_its_lines() {
    let last_shown = "/?after=host/cpu%7Bcpu=%22149%22%7D%20percent";
    let page = page(many(3 * PAGE_SERIES + 1), last_shown).await;
    assert_eq!(rows(&page.body), ["host/cpu{cpu=&#34;150&#34;} percent"]);
    page.assert_has("min 12.5 %");
}

#[tokio::test]
async fn a_filter_is_kept_in_the_form_and_in_the_links() {
    let others =
        (0..=PAGE_SERIES).map(|index| sample("shop/orders", &[("shop", &format!("{index:03}"))], 1.0, 9));
    let world = world(others.chain([sample("host/load", &[], 1.0, 9)]));
    let page = page(world, "/?source=shop&name=").await;
    assert_eq!(rows(&page.body).len(), PAGE_SERIES);
    page.assert_has(r#"<input name="source" value="shop""#);
    page.assert_has(r#"href="/?source=shop&#38;after="#);
    page.assert_has(r#"data-stream="/v1/stream?source=shop""#);
    page.assert_lacks(">load</a>");
    page.assert_lacks("Series <span");
}

#[tokio::test]
async fn a_filter_that_matches_nothing_says_so() {
    let page = page(world([sample("host/load", &[], 1.0, 9)]), "/?source=hots").await;
    page.assert_has("No current series has exactly this source and name.");
    assert_eq!(rows(&page.body), [""; 0]);
}

#[tokio::test]
async fn labels_are_shown_up_to_a_number_and_a_length() {
    let long = "x".repeat(61);
    let labels = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, long.as_str()));
    let page = page(world([sample("host/load", &labels, 1.0, 9)]), "/").await;
    page.assert_has(&format!("</span> {}…</span>", "x".repeat(60)));
    page.assert_has("1 more</a>");
    page.assert_lacks("<span class=\"muted\">g</span>");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused() {
    let router = console(World::default()).await;
    let answer = get(&router, "/?source=a&source=b").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.assert_has("source");
}

#[tokio::test]
async fn what_fires_and_what_waits_is_said_in_one_line_that_leads_to_the_alerts() {
    let firing = World {
        alerts: vec![
            alert("site_down", "shop", Severity::Critical, 300),
            alert("slow", "shop", Severity::Warning, 300),
        ],
        notifications: vec![notification("shop is down", 9_000, waiting("connection refused"))],
        ..World::default()
    };
    let page = page(firing, "/").await;
    assert_sound(&page.body);
    page.assert_has(
        "<p class=\"firing degraded\"><a href=\"/alerts\">\
         2 alerts firing (1 critical), 1 notification pending for 2 h</a></p>",
    );
    page.assert_has(">2 firing · Watchkeeper on ");
    page.assert_lacks("Operational");
}

#[tokio::test]
async fn a_notification_that_is_on_its_way_is_not_worth_a_line() {
    let notifications = vec![notification("shop is down", 0, waiting("connection refused"))];
    let page = page(World { notifications, ..World::default() }, "/").await;
    page.assert_has("Operational");
    page.assert_lacks("notification pending");
}

#[tokio::test]
async fn stores_of_alerts_that_refuse_are_named() {
    let away = World {
        alert_store: Mood::Refuses,
        outbox: Mood::Refuses,
        silence_store: Mood::Refuses,
        ..World::default()
    };
    page(away, "/").await.assert_has("Degraded: no answer from alerts, notifications and silences");
}
