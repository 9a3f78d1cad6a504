//! Untrusted input is shown as text.

use crate::browser::Browser;
use crate::world::{HOSTILE, HOSTILE_IMAGE, World, hostile};
use serde_json::json;

/// The number of elements that do not come from the page itself.
const STRANGERS: &str = "
    return document.querySelectorAll('b, :is(script, img):not([src^=\"/assets/\"])').length";

#[track_caller]
fn assert_nothing_was_taken(browser: &Browser) {
    assert_eq!(browser.ask::<usize>(STRANGERS), 0);
    let title: String = browser.ask("return document.title");
    assert!(title.contains("Watchkeeper"), "{title}");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn markup_in_labels_is_shown_as_text_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url("/explore?source=odd&name=hostile"));
    assert_eq!(
        browser.texts("td.labels .label"),
        [format!("image {HOSTILE_IMAGE}"), format!("script {HOSTILE}")]
    );
    assert_eq!(browser.text("td.value"), "1 <b onclick=x>");
    assert_nothing_was_taken(&browser);
    browser.follow("th.name a");
    assert_eq!(browser.texts(".about dd"), ["<b onclick=x>", HOSTILE_IMAGE, HOSTILE]);
    assert_nothing_was_taken(&browser);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn markup_in_alerts_is_shown_as_text_in_a_browser() {
    let world = World::firing();
    let comment = ["--comment", HOSTILE, "--by", HOSTILE_IMAGE];
    let silence = [&["silences", "add", "name=hostile", "--for", "1h"], &comment[..]].concat();
    assert!(world.up.run(&silence).status.success());
    let browser = Browser::start();
    browser.open(world.url("/alerts"));
    let labels = browser.texts(".firing-now tr:last-child .label");
    assert_eq!(labels, [format!("image {HOSTILE_IMAGE}"), format!("script {HOSTILE}")]);
    assert_eq!(browser.text(".firing-now tr:last-child .value"), "1 <b onclick=x>");
    assert_eq!(browser.text(".firing-now bdi"), HOSTILE_IMAGE);
    assert_eq!(browser.text(".silences .comment"), HOSTILE);
    assert_nothing_was_taken(&browser);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn markup_that_comes_in_while_the_page_is_open_is_shown_as_text_in_a_browser() {
    let world = World::empty();
    world.post(&json!({"source": "odd", "name": "first", "value": 1}));
    world.up.wait_for("/explore?source=odd", |page| page.contains("first"));
    let browser = Browser::start();
    browser.open(world.url("/explore?source=odd"));
    world.post(&hostile("second"));
    world.up.wait_for("/explore?source=odd", |page| page.contains("second"));
    // Pausing and resuming refreshes the page at once.
    browser.click("[data-pause]");
    browser.click("[data-pause]");
    browser.wait_for_text("tr:nth-child(2) .label:last-child", &format!("script {HOSTILE}"));
    assert_nothing_was_taken(&browser);
}
