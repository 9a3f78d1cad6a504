//! The first page: what is down is found at a glance, and why in one click.

use crate::browser::Browser;
use crate::looks::Screen;
use crate::world::{DOWN, REASON, World, site_page};
use serde_json::json;

/// The names of the targets that are down, each in a sentence or row that is entirely in the first viewport.
const SEEN: &str = "
    const isSeen = (element) => {
        const { top, bottom, left, right } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth;
    };
    const links = [...document.querySelectorAll('#attention .degraded')].filter(isSeen);
    return links.map((sentence) => sentence.querySelector('a').textContent).sort()";

fn see_all_that_is_down(width: u32) {
    let world = World::with_sites();
    let browser = Browser::start();
    Screen { width, is_dark: false }.show(&browser);
    browser.open(world.url("/"));
    assert_eq!(browser.ask::<Vec<String>>(SEEN), DOWN);
    assert_eq!(browser.text(".firing"), "4 targets down");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn of_sixty_targets_the_four_that_are_down_are_seen_at_once_at_1280_pixels_in_a_browser() {
    see_all_that_is_down(1280);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn of_sixty_targets_the_four_that_are_down_are_seen_at_once_at_390_pixels_in_a_browser() {
    see_all_that_is_down(390);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn from_the_overview_it_is_one_click_to_why_a_target_is_down_in_a_browser() {
    let world = World::with_sites();
    let browser = Browser::start();
    for link in ["#attention li:first-child a", ".board tr.is-degraded a"] {
        browser.open(world.url("/"));
        browser.follow(link);
        let why = browser.text(".why-down");
        assert!(why.contains("went down") && why.ends_with(&format!("ago: {REASON}")), "{why}");
    }
    assert_eq!(browser.address(), site_page(DOWN[0]));
    let (down, up) = ([REASON; 10], [""; 10]);
    assert_eq!(browser.texts("td.reason"), [down, up].concat());
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_target_that_goes_down_is_shown_without_a_reload_in_a_browser() {
    let world = World::with_sites();
    let browser = Browser::start();
    browser.open(world.url("/"));
    browser.wait_for_text("[data-live-text]", "Live");
    let _: () = browser.ask("window.isStillHere = true");
    let labels = json!({"target": "site-00", "group": "group 0"});
    world.post(&json!({
        "source": "uptime", "name": "availability_percent", "unit": "percent", "labels": labels, "value": 0,
    }));
    browser.wait_for_text(".firing", "5 targets down");
    assert!(browser.ask::<bool>("return window.isStillHere === true"));
}
