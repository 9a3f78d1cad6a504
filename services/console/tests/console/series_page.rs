//! The page at `/series`.

use crate::examples::{alert, rules};
use crate::markup::assert_sound;
use crate::visit::{ago, console, get, page, sample, world};
use crate::world::{Mood, World};
use axum::http::StatusCode;
use watchkeeper_domain::{Alert, Severity};

const CPU_0: &str = "/series?source=host&name=cpu&unit=percent&label.cpu=0";

fn cpus() -> World {
    world((1..=20_u32).flat_map(|minute| {
        let (value, ago) = (f64::from(minute), u64::from(minute) * 60);
        [
            sample("host/cpu percent", &[("cpu", "0")], value, ago),
            sample("host/cpu percent", &[("cpu", "0"), ("mode", "idle")], 90.0, ago),
            sample("host/cpu", &[("cpu", "0")], 0.9, ago),
        ]
    }))
}

#[tokio::test]
async fn the_figures_are_those_of_that_series_alone() {
    let page = page(cpus(), CPU_0).await;
    assert_sound(&page.body);
    page.assert_has("1.0 %</data>");
    for (title, figure) in [
        ("Minimum", "1.0 %"),
        ("Average", "10.5 %"),
        ("95th percentile", "19.0 %"),
        ("Maximum", "20.0 %"),
        ("Samples", "20"),
    ] {
        page.assert_has(&format!(r#"data-title="{title}">{figure}</td>"#));
    }
    page.assert_has("last hour: min 1.0 %, avg 10.5 %, max 20.0 %</title>");
    page.assert_has(
        "curl 'http://watch.example:8460/v1/range?source=host&#38;name=cpu&#38;label.cpu=0\
         &#38;from=1h&#38;step=15s&#38;aggregate=avg'",
    );
}

#[tokio::test]
async fn the_other_figures_are_shown_when_there_are_too_many_values_for_a_percentile() {
    let page = page(World { refuses_p95: true, ..cpus() }, CPU_0).await;
    page.assert_has(r#"data-title="95th percentile">too many values</td>"#);
    page.assert_has(r#"data-title="Samples">20</td>"#);
}

#[tokio::test]
async fn each_range_is_linked_and_the_one_shown_is_marked() {
    let page = page(cpus(), &format!("{CPU_0}&over=7d")).await;
    page.assert_has("aria-current=\"page\">last 7 days</a>");
    page.assert_has("over=24h\">last 24 hours</a>");
    page.assert_has("over=1y\">last year</a>");
    page.assert_has("/v1/rollups?source=host&#38;name=cpu&#38;label.cpu=0&#38;window=hour&#38;from=7d");
    page.assert_has("1 point = 1 h, mean of about");
    page.assert_has("from hourly rollups");
    page.assert_has(r#"data-title="Samples">20</td>"#);
    page.assert_lacks("95th percentile");
}

#[tokio::test]
async fn a_range_between_two_instants_is_kept_in_the_form() {
    let (from, to) = (ago(1_200), ago(0));
    let page = page(cpus(), &format!("{CPU_0}&from={from}&to={to}")).await;
    assert_sound(&page.body);
    page.assert_has(&format!("<input name=\"from\" value=\"{}\"", from.to_string()[..16].replace('T', " ")));
    page.assert_has(r#"<input type="hidden" name="label.cpu" value="0"/>"#);
    page.assert_lacks("aria-current=\"page\">last");
}

#[tokio::test]
async fn a_series_that_is_not_there_is_not_found_and_similar_ones_are_offered() {
    let router = console(cpus()).await;
    for (path, similar) in [
        ("/series?source=host&name=cpu&label.cpu=7", "cpu"),
        ("/series?source=host&name=cpi", "cpu"),
        ("/series?source=hots&name=cpu", "cpu"),
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_sound(&answer.body);
        answer.assert_has("No such series");
        answer.assert_has("Similar series");
        answer.assert_has(&format!("<span class=\"muted\">host</span> {similar}</a>"));
    }
    let answer = get(&router, "/series?source=host&name=fan").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.assert_lacks("Similar series");
    answer.assert_has("href=\"/explore?q=fan\"");
}

#[tokio::test]
async fn a_series_without_samples_in_the_range_says_so() {
    let page = page(world([sample("host/load", &[], 1.0, 7_200)]), "/series?source=host&name=load").await;
    assert_sound(&page.body);
    page.assert_has("No samples in this range (last hour).");
}

#[tokio::test]
async fn an_availability_is_a_strip_of_states() {
    let labels = [("target", "shop")];
    let samples = (0..60).map(|minute| {
        let value = if (10..15).contains(&minute) { 0.0 } else { 100.0 };
        sample("uptime/availability_percent percent", &labels, value, 60 * minute + 3)
    });
    let path = "/series?source=uptime&name=availability_percent&label.target=shop&unit=percent";
    let page = page(world(samples), path).await;
    assert_sound(&page.body);
    page.assert_has("<title>last hour: up 91.7 %, down once</title>");
    assert_eq!(page.body.matches("<rect class=\"down\"").count(), 1);
    assert_eq!(page.body.matches("<rect class=\"up\"").count(), 2);
    page.assert_lacks("class=\"band\"");
}

#[tokio::test]
async fn the_limits_of_rules_and_the_moments_of_alerts_are_in_the_chart() {
    let text = "
        [[rule]]
        name = 'busy'
        match = ['source=host', 'name=cpu']
        threshold = { above = 18, clear_at = 15 }
        [[rule]]
        name = 'far'
        match = ['source=host', 'name=cpu']
        threshold = { above = 900 }
    ";
    let fired = Alert {
        series: sample("host/cpu percent", &[("cpu", "0")], 1.0, 9).series,
        cleared_at: Some(ago(300)),
        ..alert("busy", "", Severity::Warning, 900)
    };
    let page = page(World { alerts: vec![fired], rules: rules(text), ..cpus() }, CPU_0).await;
    assert_sound(&page.body);
    page.assert_has("busy above 18, clears at 15</text>");
    page.assert_lacks("far above 900</text>");
    page.assert_has("<line class=\"turn fired\"");
    page.assert_has("<title>busy started firing at ");
    page.assert_has("<line class=\"turn cleared\"");
}

#[tokio::test]
async fn a_series_is_found_among_any_number_alike() {
    const ALIKE: usize = 2_000;
    let alike = |count: usize| {
        let others = (1..count).map(|other| ("other", format!("{other:04}")));
        let others =
            others.map(|other| sample("host/cpu percent", &[("cpu", "0"), (other.0, &other.1)], 2.0, 9));
        world(others.chain([sample("host/cpu percent", &[("cpu", "0")], 1.0, 9)]))
    };
    page(alike(ALIKE), CPU_0).await.assert_has("1.0 %</data>");
}

#[tokio::test]
async fn a_port_that_refuses_leaves_a_remark() {
    let page = page(World { store: Mood::Refuses, cache: Mood::Refuses, ..cpus() }, CPU_0).await;
    assert_sound(&page.body);
    page.assert_has("Not shown: store unavailable");
}

#[tokio::test]
async fn a_question_that_names_no_series_is_refused_by_field() {
    let router = console(cpus()).await;
    for (path, detail) in [
        ("/series", "source: must have 1 to 64 bytes, is empty"),
        ("/series?source=host&name=cpu&over=9s", "over: gives a range of 9s, must be 10s to 3660d"),
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        answer.assert_has(detail);
    }
}

#[tokio::test]
async fn the_alerts_about_the_series_and_the_rules_that_watch_it_are_shown() {
    let cleared = Alert {
        cleared_at: Some(ago(9_000)),
        reason: "is 100 percent, not below 50".to_owned(),
        ..alert("site_slow", "shop", Severity::Warning, 9_090)
    };
    let text = "
        [[rule]]
        name = 'site_down'
        match = ['source=uptime', 'target=shop']
        for = '2m'
        threshold = { below = 50 }
        [[rule]]
        name = 'other'
        match = ['target=blog']
        absence = { after = '10m' }
    ";
    let world = World {
        alerts: vec![
            cleared,
            alert("site_down", "shop", Severity::Critical, 60),
            alert("of_another_series", "blog", Severity::Critical, 60),
        ],
        rules: rules(text),
        ..World::default()
    };
    let path = "/series?source=uptime&name=availability_percent&label.target=shop&unit=percent";
    let answer = page(world.clone(), path).await;
    assert_sound(&answer.body);
    answer.assert_has("<strong>firing</strong>, started ");
    answer.assert_has("2 h ago</time> after 1 min 30 s");
    answer.assert_has("<a href=\"/alerts/rule?name=site_down\">site_down</a> below 50, for 2m</li>");
    answer.assert_lacks("of_another_series");
    answer.assert_lacks(">other<");

    let away = page(World { alert_store: Mood::Refuses, ..world }, path).await;
    away.assert_has("Not shown: alerts unavailable");
    let up = sample("uptime/availability_percent percent", &[("target", "shop")], 100.0, 9);
    page(self::world([up]), path).await.assert_lacks("<h2>Alerts");
}
