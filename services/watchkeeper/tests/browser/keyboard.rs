//! Keyboard navigation.

use crate::browser::{Browser, Key};
use crate::running::wait_for;
use crate::world::{TEMPERATURE, World};
use serde::Deserialize;
use serde_json::json;

/// What the keyboard reaches.
const CONTROLS: &str =
    "a[href]:not([tabindex='-1']), button, input:not([type=hidden]), select, [tabindex='0']";

/// The focused element; none once the focus has left the page.
const FOCUSED: &str = "
    const focused = document.activeElement;
    if (focused === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    const { top, bottom, width, height } = focused.getBoundingClientRect();
    return {
        index: [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility()).indexOf(focused),
        is_outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
        // A browser scrolls by whole pixels.
        is_in_sight: width > 1 && height > 1 && top > -1 && bottom < innerHeight + 1,
    }";

/// The focused element and its place, for the message.
const WHERE: &str = "
    const { top, bottom, width, height } = document.activeElement.getBoundingClientRect();
    return `${document.activeElement.outerHTML} from ${top} to ${bottom} of ${innerHeight}, ${width} by ${height}`";

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
    for path in
        ["/", "/explore?source=shop", "/series?source=shop&name=orders&label.shop=007", "/alerts", "/events"]
    {
        browser.open(world.url(path));
        browser.wait_for_charts();
        let controls: usize =
            browser.ask_with("return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility()).length", [json!(CONTROLS)]);
        assert!(controls > 5, "{controls}");
        for index in 0..controls {
            browser.type_in(Key::Tab);
            let focused: Focused =
                browser.ask_with::<Option<_>>(FOCUSED, [json!(CONTROLS)]).expect("the focus is on the page");
            assert_eq!(focused.index, index, "on {path}");
            let is_good = focused.is_outlined && focused.is_in_sight;
            assert!(is_good, "{focused:?} on {path}: {}", browser.ask::<String>(WHERE));
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
    assert_eq!(browser.address(), "/explore?source=demo");
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
