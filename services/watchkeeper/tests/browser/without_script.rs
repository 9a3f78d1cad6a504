//! The pages without JavaScript.

use crate::browser::Browser;
use crate::world::{SHOP_SERIES, World};
use serde_json::json;
use watchkeeper_console::PAGE_SERIES;

const ROWS: &str = "return document.querySelectorAll('tr[data-key]').length";

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn filter_and_pages_work_without_script_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(world.url("/explore"));
    assert_eq!(browser.texts("noscript p").len(), 1, "the script is off");
    browser.click("input[name=source]");
    browser.type_in("shop");
    browser.follow("form button");
    assert_eq!(browser.address(), "/explore?source=shop&name=");
    assert_eq!(browser.ask::<usize>(ROWS), PAGE_SERIES);
    browser.follow("a[rel=next]");
    assert_eq!(browser.ask::<usize>(ROWS), SHOP_SERIES - PAGE_SERIES);
    browser.follow(".pages a");
    assert_eq!(browser.address(), "/explore?source=shop");
    assert_eq!(browser.ask::<usize>(ROWS), PAGE_SERIES);
    browser.follow("form a");
    assert_eq!(browser.address(), "/explore");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn what_fires_is_reached_without_script_in_a_browser() {
    let world = World::firing();
    let browser = Browser::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(world.url("/"));
    browser.follow(".firing a");
    assert_eq!(browser.address(), "/alerts");
    assert_eq!(browser.texts(".firing-now th[scope=row]"), ["odd"; 4]);
    browser.follow(".firing-now .about-series a");
    assert_eq!(browser.text(".about-one th[scope=row]"), "odd");
}
