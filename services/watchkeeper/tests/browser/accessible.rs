//! The pages for people who use a screen reader or a keyboard, as axe-core judges them.

use crate::browser::Browser;
use crate::stored_events::event_page;
use crate::world::{DOWN, TEMPERATURE, World, site_page};
use std::fs;
use std::path::Path;

/// Runs axe-core on the page; the script is given its violations that are serious or worse.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const worst = ({ impact }) => impact === 'serious' || impact === 'critical';
    const told = ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`;
    axe.run({ resultTypes: ['violations'] })
        .then(({ violations }) => done(violations.filter(worst).map(told)), (error) => done([String(error)]))";

/// The serious violations of the page.
pub(crate) fn violations(browser: &Browser) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/engines/npm/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(path).expect("`cargo xtask test` fetches axe-core");
    let _: () = browser.ask(&axe);
    browser.ask_later(RUN)
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn no_page_has_a_serious_violation_of_accessibility_in_a_browser() {
    let browser = Browser::start();
    let (full, firing, empty, sites) = (World::full(), World::firing(), World::empty(), World::with_sites());
    let target = site_page(DOWN[0]);
    let events = World::with_events();
    let trace = event_page(&events);
    for (world, path) in [
        (&empty, "/"),
        (&full, "/"),
        (&full, "/system"),
        (&full, "/explore"),
        (&full, "/explore?source=shop"),
        (&full, TEMPERATURE),
        (&empty, "/alerts"),
        (&firing, "/"),
        (&firing, "/alerts"),
        (&firing, "/alerts/rule?name=odd"),
        (&firing, "/alerts/silence"),
        (&empty, "/events"),
        (&events, "/events"),
        (&events, "/events?query=level%3E%3Dwran"),
        (&events, &trace),
        (&sites, "/"),
        (&sites, &target),
        (&full, "/sign-in"),
        (&full, "/no-such-page"),
    ] {
        browser.open(world.url(path));
        assert_eq!(violations(&browser), [""; 0], "{path}");
    }
    browser.open(firing.url("/alerts"));
    browser.follow(".firing-now th a");
    assert_eq!(violations(&browser), [""; 0], "{}", browser.address());
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_picture_without_a_text_is_noticed_in_a_browser() {
    let (world, browser) = (World::empty(), Browser::start());
    browser.open(world.url("/"));
    let _: () = browser.ask("document.querySelector('main').append(document.createElement('img'))");
    assert!(violations(&browser).iter().any(|text| text.starts_with("image-alt: ")));
}
