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
    assert_eq!(browser.address(), "/explore?source=shop");
    assert_eq!(browser.ask::<usize>(ROWS), PAGE_SERIES);
    browser.follow("a[rel=next]");
    assert_eq!(browser.ask::<usize>(ROWS), SHOP_SERIES - PAGE_SERIES);
    browser.follow("a[rel=prev]");
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

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn series_are_found_ticked_drawn_and_grouped_without_script_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(world.url("/explore"));
    browser.click("input[name=q]");
    browser.type_in("ORD 00");
    browser.follow("#explore button");
    assert_eq!(browser.ask::<usize>(ROWS), 10);
    assert_eq!(browser.texts(".legend tbody tr").len(), 10);
    assert_eq!(browser.address(), "/explore?q=ORD+00");
    browser.click("tr:nth-child(3) input[name=s]");
    browser.click("tr:nth-child(8) input[name=s]");
    browser.follow("button[form=explore]");
    assert_eq!(browser.texts(".legend tbody th").len(), 2);
    assert_eq!(browser.texts(".chips li").len(), 2);
    let _: () = browser.ask("document.querySelector('select[name=group]').value = 'sum'");
    browser.follow("#explore button");
    assert_eq!(browser.texts(".legend tbody tr").len(), 1);
    assert!(browser.text(".legend tbody th").contains("2 series"));
    browser.follow(".choices a:nth-child(2)");
    assert_eq!(browser.text(".choices [aria-current]"), "last 6 hours");
    browser.follow(".chips a");
    assert_eq!(browser.texts(".chips li").len(), 1, "{}", browser.address());
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn an_alert_is_acknowledged_and_silenced_without_script_in_a_browser() {
    let world = World::firing();
    let browser = Browser::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(world.url("/alerts"));
    browser.follow(".firing-now tr:last-child th a");
    browser.click("form[action='/alerts/acknowledge'] input[name=by]");
    browser.type_in("ann");
    browser.follow("form[action='/alerts/acknowledge'] button");
    assert!(browser.address().ends_with("&done=acknowledged"), "{}", browser.address());
    assert!(browser.text("[data-part=muted] p:first-child").starts_with("Acknowledged by ann"));
    browser.follow("form[action='/alerts/unacknowledge'] button");
    assert_eq!(browser.text("[data-part=muted] p:first-child"), "Not acknowledged.");
    browser.click("#other");
    browser.type_in("soon");
    browser.follow(".silence-form .main");
    assert_eq!(browser.address(), "/alerts/silence");
    assert!(
        browser.text("#duration-error").starts_with("must be a duration such as"),
        "{}",
        browser.text("#duration-error")
    );
    browser.click("#other");
    browser.type_in("\u{8}\u{8}\u{8}\u{8}45m");
    browser.follow(".silence-form .main");
    assert!(browser.address().ends_with("&done=silenced"), "{}", browser.address());
    assert!(browser.text("[data-part=muted] p:nth-child(2)").starts_with("Silenced until"));
}
