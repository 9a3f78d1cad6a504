//! Keyboard navigation.

use crate::browser::{Browser, Key};
use crate::running::wait_for;
use crate::world::{TEMPERATURE, World};
use serde::Deserialize;

/// The focused element; none once the focus has left the page.
const FOCUSED: &str = "
    const focused = document.activeElement;
    if (focused === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    const { top, bottom, width, height } = focused.getBoundingClientRect();
    return {
        index: [...document.querySelectorAll('a[href], button, input, select')].indexOf(focused),
        is_outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
        // A browser scrolls by whole pixels.
        is_in_sight: width > 1 && height > 1 && top > -1 && bottom < innerHeight + 1,
    }";

#[derive(Debug, Deserialize)]
struct Focused {
    index: usize,
    is_outlined: bool,
    is_in_sight: bool,
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn tab_reaches_every_control_in_order_with_a_visible_focus_in_a_browser() {
    let world = World::firing();
    let browser = Browser::start();
    for path in ["/explore?source=shop", "/series?source=shop&name=orders&label.shop=007", "/alerts"] {
        browser.open(world.url(path));
        let controls: usize =
            browser.ask("return document.querySelectorAll('a[href], button, input, select').length");
        assert!(controls > 5, "{controls}");
        for index in 0..controls {
            browser.type_in(Key::Tab);
            let focused: Focused = browser.ask::<Option<_>>(FOCUSED).expect("the focus is on the page");
            assert_eq!(focused.index, index, "on {path}");
            assert!(focused.is_outlined && focused.is_in_sight, "{focused:?} on {path}");
        }
    }
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn the_filter_and_a_link_are_used_with_the_keyboard_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url("/explore"));
    tab_to(&browser, "input[name=source]");
    browser.type_in("demo");
    browser.leave(|| browser.type_in(Key::Enter));
    assert_eq!(browser.address(), "/explore?source=demo&name=");
    tab_to(&browser, "th.name a");
    browser.leave(|| browser.type_in(Key::Enter));
    assert_eq!(browser.address(), TEMPERATURE);
}

fn tab_to(browser: &Browser, selector: &str) {
    wait_for(&format!("the focus on {selector}"), || {
        browser.type_in(Key::Tab);
        let script = format!("return document.activeElement.matches('{selector}')");
        browser.ask::<bool>(&script).then_some(())
    });
}
