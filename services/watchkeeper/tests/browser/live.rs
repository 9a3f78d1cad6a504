//! Live updates of an open page.

use crate::browser::Browser;
use crate::running::wait_for;
use crate::world::World;
use serde_json::json;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

const VALUE: &str = "tr[data-key='demo/answer'] data";

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_sample_that_is_posted_now_moves_its_value_without_a_reload_in_a_browser() {
    let world = World::empty();
    world.post(&json!({"source": "demo", "name": "answer", "value": 41}));
    world.up.wait_for("/explore?source=demo", |page| page.contains("41</data>"));
    let browser = Browser::start();
    browser.open(world.url("/explore?source=demo"));
    assert_eq!(browser.text(VALUE), "41");
    browser.wait_for_text("[data-live-text]", "Live");
    // From now on the page can be neither reloaded nor fetched again unnoticed: only the stream is left.
    let _: () = browser.ask("window.isStillHere = true; window.fetch = () => new Promise(() => {})");
    world.post(&json!({"source": "demo", "name": "answer", "value": 42}));
    browser.wait_for_text(VALUE, "42");
    assert!(browser.ask::<bool>("return window.isStillHere === true"));
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn of_samples_that_come_in_the_wrong_order_the_newest_is_shown_in_a_browser() {
    let world = World::empty();
    let at = |seconds| Timestamp::now().minus(Duration::from_secs(seconds)).to_string();
    let sample = |name, value, seconds| json!({"source": "demo", "name": name, "value": value, "collected_at": at(seconds)});
    world.post(&json!([sample("answer", 41, 60), sample("last", 1, 60)]));
    world.up.wait_for("/explore?source=demo", |page| page.contains("41</data>"));
    let browser = Browser::start();
    browser.open(world.url("/explore?source=demo"));
    browser.wait_for_text("[data-live-text]", "Live");
    let _: () = browser.ask("window.fetch = () => new Promise(() => {})");
    world.post(&json!([sample("answer", 42, 20), sample("answer", 43, 40), sample("last", 2, 20)]));
    browser.wait_for_text("tr[data-key='demo/last'] data", "2");
    assert_eq!(browser.text(VALUE), "42");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_series_page_moves_too_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url("/series?source=shop&name=orders&label.shop=007"));
    assert_eq!(browser.text(".latest data"), "7");
    browser.wait_for_text("[data-live-text]", "Live");
    let _: () = browser.ask("window.fetch = () => new Promise(() => {})");
    world.post(&json!({"source": "shop", "name": "orders", "labels": {"shop": "007"}, "value": 8}));
    browser.wait_for_text(".latest data", "8");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_paused_page_stands_still_until_it_is_resumed_in_a_browser() {
    let world = World::empty();
    world.post(&json!({"source": "demo", "name": "answer", "value": 41}));
    world.up.wait_for("/explore?source=demo", |page| page.contains("41</data>"));
    let browser = Browser::start();
    browser.open(world.url("/explore?source=demo"));
    browser.click("[data-pause]");
    world.post(&json!({"source": "demo", "name": "answer", "value": 42}));
    world.up.wait_for("/explore?source=demo", |page| page.contains("42</data>"));
    assert_eq!(browser.text(VALUE), "41");
    assert_eq!(browser.text("[data-live-text]"), "Paused");
    browser.click("[data-pause]");
    browser.wait_for_text(VALUE, "42");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_page_says_when_the_server_does_not_answer_and_when_it_does_again_in_a_browser() {
    const SILENCE: &str = "[data-silence]";
    let world = World::empty();
    let browser = Browser::start();
    browser.open(world.url("/"));
    browser.wait_for_text("[data-live-text]", "Live");
    let is_hidden =
        |browser: &Browser| browser.ask::<bool>("return document.querySelector('[data-silence]').hidden");
    let says = |what: &str| {
        wait_for(what, || browser.text(SILENCE).starts_with(what).then_some(()));
        assert!(!is_hidden(&browser));
        let title = browser.ask::<String>("return document.title");
        assert!(title.starts_with(&format!("{what}: ")), "{title}");
        let opacity = "return Number(getComputedStyle(document.querySelector('main')).opacity)";
        assert!(browser.ask::<f64>(opacity) < 1.0);
    };
    assert!(is_hidden(&browser));
    let _: () = browser.ask(
        "window.answering = window.fetch; window.fetch = async () => new Response('', { status: 502 });
         document.querySelector('[data-pause]').click(); document.querySelector('[data-pause]').click()",
    );
    says("Watchkeeper responds with an error (502)");
    let _: () = browser.ask("window.fetch = window.answering");
    wait_for("an answer", || is_hidden(&browser).then_some(()));
    let title = browser.ask::<String>("return document.title");
    assert!(!title.contains("respon"), "{title}");

    drop(world);
    says("No response from Watchkeeper");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_new_series_appears_in_a_list_of_all_without_a_reload_in_a_browser() {
    let world = World::empty();
    world.post(&json!([{"source": "demo", "name": "first", "value": 1}]));
    world.up.wait_for("/explore?source=demo", |page| page.contains("1</data>"));
    let browser = Browser::start();
    browser.open(world.url("/explore?source=demo"));
    browser.wait_for_text("[data-live-text]", "Live");
    // The page is not asked for again by itself: only by what the stream brings.
    let _: () = browser.ask("clearTimeout(refreshing.timer)");
    world.post(&json!([{"source": "demo", "name": "second", "value": 2}]));
    wait_for("the new series", || (browser.texts("tr[data-key]").len() == 2).then_some(()));
}
