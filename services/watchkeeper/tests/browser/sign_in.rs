//! Signing in with a token.

use crate::browser::{Browser, Key};
use crate::world::World;

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_page_is_reached_by_signing_in_and_left_by_signing_out_in_a_browser() {
    let (world, token) = World::with_tokens();
    let browser = Browser::start();
    browser.open(world.url("/alerts?over=7d"));
    assert_eq!(browser.text("h1"), "Sign in");
    browser.type_in("wrong");
    browser.leave(|| browser.type_in(Key::Enter));
    assert_eq!(browser.text("[role=alert]"), "No such token.");
    browser.type_in(token);
    browser.leave(|| browser.type_in(Key::Enter));
    assert_eq!(
        (browser.address().as_str(), browser.texts(".session bdi")),
        ("/alerts?over=7d", vec!["reader".into()])
    );
    browser.open(world.url("/system"));
    assert_eq!(browser.texts(".session bdi"), ["reader"]);
    browser.follow(".session button");
    assert_eq!(browser.text("h1"), "Sign in");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn an_address_that_does_not_exist_has_a_page_with_a_way_back_in_a_browser() {
    let (world, browser) = (World::empty(), Browser::start());
    browser.open(world.url("/nope"));
    assert!(browser.text("h1").starts_with("Page not found"));
    browser.follow("section a");
    assert_eq!(browser.address(), "/");
}
