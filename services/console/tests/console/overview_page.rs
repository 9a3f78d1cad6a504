//! The page at `/`.

use crate::examples::{alert, notification, rules, waiting};
use crate::markup::assert_sound;
use crate::visit::{console_of, get, page, sample, world};
use crate::world::{Mood, World};
use std::time::Duration;
use watchkeeper_console::MAX_HOST_SERIES;
use watchkeeper_domain::{Note, Sample, Severity};
use watchkeeper_runtime::RoleContext;

/// The last check of a target.
fn check(target: &str, group: &str, is_up: bool, seconds_ago: u64) -> Sample {
    let labels = [("target", target), ("group", group)];
    let labels = if group.is_empty() { &labels[..1] } else { &labels };
    let value = if is_up { 100.0 } else { 0.0 };
    let check = sample("uptime/availability_percent percent", labels, value, seconds_ago);
    if is_up { check } else { check.with_note(Note::new("answered 500, expected 2xx").unwrap()) }
}

fn host(host: &str, name: &str, labels: &[(&str, &str)], value: f64, seconds_ago: u64) -> Sample {
    let labels: Vec<_> = [("host", host)].iter().chain(labels).copied().collect();
    sample(&format!("host/{name} percent"), &labels, value, seconds_ago)
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
    page.assert_has(">1 notification</a> undelivered for 2 h</span>");
    page.assert_lacks("Operational");
}

#[tokio::test]
async fn a_notification_that_is_on_its_way_is_not_worth_a_line() {
    let notifications = vec![notification("shop is down", 0, waiting("connection refused"))];
    let page = page(World { notifications, ..World::default() }, "/").await;
    page.assert_has("Operational");
    page.assert_lacks("notification pending");
    page.assert_has(">Nothing.</p>");
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

#[tokio::test]
async fn a_target_that_is_down_is_named_first_with_the_reason_and_leads_to_its_page() {
    let samples =
        [check("shop", "web", false, 3), check("shop", "web", true, 63), check("blog", "web", true, 3)];
    let shown = page(world(samples), "/").await;
    assert_sound(&shown.body);
    let link = "/target?source=uptime&#38;name=availability_percent&#38;label.group=web&#38;label.target=shop&#38;unit=percent";
    shown.assert_has(&format!(
        "<li class=\"state degraded\"><span><a href=\"{link}\">shop</a> went down <time"
    ));
    shown.assert_has("s ago</time>: answered 500, expected 2xx</span></li>");
    shown.assert_has("<p class=\"firing degraded\"><a href=\"#attention\">1 target down</a></p>");
    shown.assert_has(">1 down · Watchkeeper on ");
    shown.assert_lacks("Operational");
}

#[tokio::test]
async fn a_target_has_a_row_with_state_checks_latency_uptime_and_expiry() {
    let latency = sample("uptime/latency_seconds seconds", &[("target", "shop")], 0.25, 3);
    let expiry = sample("uptime/certificate_expires_in_days days", &[("target", "shop")], 9.5, 3);
    let checks = [check("shop", "", true, 3), check("shop", "", false, 63)];
    let shown = page(world(checks.into_iter().chain([latency, expiry])), "/").await;
    assert_sound(&shown.body);
    shown.assert_has("<span class=\"state well\"><span class=\"unseen\">up: </span>");
    shown.assert_has("UTC: 1 of them failed</title>");
    shown.assert_has("latency\">250 ms</td>");
    shown.assert_has("50.00 %");
    shown.assert_has("2 checks since ");
    shown.assert_has(
        "<span class=\"waiting\" title=\"certificate\"><span class=\"unseen\">certificate </span>9 d</span>",
    );
}

#[tokio::test]
async fn groups_say_how_many_of_their_targets_are_down() {
    let samples = [check("shop", "web", false, 3), check("blog", "web", true, 3), check("ns1", "", true, 3)];
    let shown = page(world(samples), "/").await;
    shown.assert_has(
        "scope=\"rowgroup\">web <span class=\"muted\">2</span> <span class=\"state degraded\">1 down</span></th>",
    );
    shown.assert_has("scope=\"rowgroup\">Other <span class=\"muted\">1</span></th>");
    shown.assert_has("<span class=\"state degraded\">1 down</span> <span class=\"state well\">2 up</span>");
}

#[tokio::test]
async fn without_targets_the_page_says_how_to_add_one() {
    let shown = page(World::default(), "/").await;
    shown.assert_has("[[collector.uptime]]\nname = \"shop\"");
}

#[tokio::test]
async fn a_heartbeat_is_a_target_too() {
    let rules = rules("[[heartbeat]]\nname = \"backup\"\nevery = \"1d\"\n");
    let shown = page(World { rules, ..World::default() }, "/").await;
    assert_sound(&shown.body);
    shown.assert_has("has not reported yet");
    shown.assert_has(">1 not yet checked</span>");
}

#[tokio::test]
async fn an_alert_of_a_target_that_is_down_is_not_said_twice() {
    let alerts = vec![
        alert("site_down", "shop", Severity::Critical, 300),
        alert("site_down", "elsewhere", Severity::Critical, 300),
    ];
    let samples = vec![check("shop", "", false, 3)];
    let shown = page(World { samples, alerts, ..World::default() }, "/").await;
    shown.assert_lacks("fired for shop");
    shown.assert_has(
        "/alerts/alert?rule=site_down&#38;series=uptime%2Favailability_percent%7Btarget%3D%22elsewhere",
    );
    shown.assert_has(">site_down</a> fired for elsewhere <time");
    shown.assert_has("ago</time>: is 0 percent, below 50 for 2m</span>");
}

#[tokio::test]
async fn of_many_targets_and_alerts_the_first_are_named_and_the_others_counted() {
    let samples = (0..23).map(|index| check(&format!("t{index:02}"), "", false, 3)).collect();
    let alerts =
        (0..13).map(|index| alert(&format!("rule{index:02}"), "x", Severity::Warning, 300)).collect();
    let shown = page(World { samples, alerts, ..World::default() }, "/").await;
    assert_sound(&shown.body);
    shown.assert_has("<a href=\"#targets\">3 more targets</a> are down");
    shown.assert_has("<a href=\"/alerts\">More alerts</a> are firing");
    assert_eq!(shown.body.matches("<li class=\"state degraded\">").count(), 21);
    assert_eq!(shown.body.matches("<li class=\"state waiting\">").count(), 11);
}

#[tokio::test]
async fn many_alerts_of_one_rule_are_one_sentence() {
    let of = |alerts: u64| {
        let alerts =
            (0..alerts).map(|index| alert("slow", &index.to_string(), Severity::Warning, 300)).collect();
        page(World { alerts, ..World::default() }, "/")
    };
    assert_eq!(of(3).await.body.matches(">slow</a> fired for ").count(), 3);
    of(4).await.assert_has(">slow</a> is firing for 4 series; the last one started <time");
}

#[tokio::test]
async fn targets_that_nobody_checks_any_more_are_one_sentence_if_they_are_many() {
    let gone = |targets: usize| {
        let checks = move |target: usize| [9_000, 9_060].map(|at| check(&format!("t{target}"), "", true, at));
        world((0..targets).flat_map(checks))
    };
    let few = page(gone(3), "/").await;
    assert_eq!(few.body.matches("was last checked <time").count(), 6, "in a sentence and in the row");
    let many = page(gone(4), "/").await;
    many.assert_has("4 targets</a> are not being checked: is the collector running?");
    many.assert_has("<span class=\"state unknown\">4 no data</span>");
}

#[tokio::test]
async fn what_a_role_waits_for_comes_before_everything_else() {
    let context = RoleContext::detached("persister");
    context.dependency("store").down("connection refused");
    let router = console_of(context, world([check("shop", "", false, 3)])).await;
    let shown = get(&router, "/").await;
    let first = shown.body.split("<li class=\"state ").nth(1).unwrap();
    assert!(first.contains(">The store</a> is unavailable: connection refused"), "{first}");
}

#[tokio::test]
async fn a_host_has_its_figures_and_its_full_disks_first() {
    let disk = |mount, value| host("web1", "disk_used_percent", &[("mount", mount)], value, 3);
    let mut samples =
        vec![host("web1", "cpu_usage", &[], 99.0, 3), host("web1", "memory_used_percent", &[], 50.0, 3)];
    samples.extend([
        disk("/", 50.0),
        disk("/srv", 98.0),
        disk("/var", 91.0),
        disk("/a", 10.0),
        disk("/b", 5.0),
    ]);
    samples.push(host("web1", "cpu_usage", &[], 1.0, 603));
    let shown = page(world(samples), "/").await;
    assert_sound(&shown.body);
    shown.assert_has("<a href=\"#host-web1\">web1</a>");
    shown.assert_has(">CPU</a> <span class=\"value \">99.0 %</span><svg");
    shown.assert_has(">Disk /srv</a> <span class=\"value degraded\">98.0 %</span>");
    shown.assert_has(">Disk /var</a> <span class=\"value waiting\">91.0 %</span>");
    shown.assert_lacks("Disk /b<");
    shown.assert_has("1 more disk: ");
}

#[tokio::test]
async fn a_host_that_sends_nothing_any_more_needs_attention() {
    let samples = [host("web1", "cpu_usage", &[], 9.0, 3), host("web2", "cpu_usage", &[], 9.0, 400)];
    let shown = page(world(samples), "/").await;
    shown.assert_has("<a href=\"#host-web2\">web2</a> sent its last samples <time");
    shown.assert_lacks("<a href=\"#host-web1\">web1</a> sent");
}

#[tokio::test]
async fn more_hosts_than_the_page_has_room_for_are_links() {
    let samples = (0..22).map(|index| host(&format!("h{index:02}"), "cpu_usage", &[], 9.0, 3));
    let shown = page(world(samples), "/").await;
    assert_sound(&shown.body);
    assert_eq!(shown.body.matches("<div class=\"host\"").count(), 20);
    assert_eq!(shown.body.matches("href=\"#host-").count(), 6, "in the navigation");
    shown.assert_has("<a href=\"/explore?source=host&#38;label.host=h21\">h21</a>");
}

#[tokio::test]
async fn more_series_of_hosts_than_are_read_leave_a_remark() {
    const REMARK: &str = "only the first 400 series of each kind are shown";
    let disks = |most| {
        world(
            (0..most).map(|index| host("h", "disk_used_percent", &[("mount", &format!("/{index}"))], 9.0, 3)),
        )
    };
    page(disks(MAX_HOST_SERIES), "/").await.assert_lacks(REMARK);
    page(disks(MAX_HOST_SERIES + 1), "/").await.assert_has(REMARK);
}

#[tokio::test]
async fn without_the_store_the_states_are_shown_and_the_rest_is_said_to_be_missing() {
    let samples = vec![check("shop", "", false, 3), host("web1", "cpu_usage", &[], 9.0, 3)];
    let shown = page(World { samples, store: Mood::Refuses, ..World::default() }, "/").await;
    assert_sound(&shown.body);
    shown.assert_has("<span class=\"state degraded\">1 down</span>");
    shown.assert_has("Last checks and uptimes are not up to date: store unavailable");
    shown.assert_has("Last hour not shown: store unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_silent_does_not_keep_the_page() {
    let samples = vec![check("shop", "", false, 3)];
    let world = World { samples, store: Mood::IsSilent, cache: Mood::IsSilent, ..World::default() };
    let router = console_of(RoleContext::detached("console"), world).await;
    let shown = tokio::time::timeout(Duration::from_secs(30), get(&router, "/")).await.unwrap();
    shown.assert_has("Not shown: no answer from store within 3 s");
}

#[tokio::test]
async fn a_target_has_a_page_with_the_reason_its_checks_and_its_alerts() {
    const PATH: &str = "/target?source=uptime&name=availability_percent&label.target=shop&unit=percent";
    let latency = sample("uptime/latency_seconds seconds", &[("target", "shop")], 0.25, 63);
    let samples = vec![check("shop", "", false, 3), check("shop", "", true, 63), latency];
    let alerts = vec![alert("site_down", "shop", Severity::Critical, 3)];
    let shown = page(World { samples, alerts, ..World::default() }, PATH).await;
    assert_sound(&shown.body);
    shown.assert_has("<h1>shop <span class=\"state degraded\">down</span></h1>");
    shown.assert_has("<p class=\"why-down is-degraded\">shop went down <time");
    shown.assert_has("<td class=\"reason\">answered 500, expected 2xx</td>");
    shown.assert_has("<td class=\"figure\">250 ms</td>");
    shown.assert_has("<svg class=\"chart\"");
    shown.assert_has(">site_down</a> <strong>firing</strong>");
    shown.assert_has("<a href=\"/alerts/alert?rule=site_down&#38;series=");
    shown.assert_has(">down: shop · Watchkeeper<");
    let other = page(World::default(), PATH).await;
    assert_sound(&other.body);
    other.assert_has("This target is not being checked");
}
