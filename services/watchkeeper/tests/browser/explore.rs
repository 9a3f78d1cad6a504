//! Finding and drawing series.

use crate::browser::{Browser, Key};
use crate::running::wait_for;
use crate::world::{TEMPERATURE, World};
use serde_json::{Value, json};
use std::time::Duration;
use watchkeeper_console::MAX_LINES;
use watchkeeper_domain::Timestamp;

const PLOT: &str = "[data-plot]";

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn the_series_of_one_metric_on_one_host_is_three_steps_from_the_overview_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url("/"));
    browser.follow("nav a[href='/explore']");
    browser.click("input[name=q]");
    browser.type_in("temp att");
    browser.leave(|| browser.type_in(Key::Enter));
    browser.follow("th.name a");
    assert_eq!(browser.address(), TEMPERATURE);
    browser.wait_for_charts();
    assert_eq!(browser.texts(PLOT).len(), 1);
}

/// A range of the address, in seconds; `None` if it has none.
fn length_in_address(browser: &Browser) -> Option<f64> {
    browser.ask(
        "const given = new URL(location.href).searchParams;
         return given.has('from') ? (Date.parse(given.get('to')) - Date.parse(given.get('from'))) / 1000 : null",
    )
}

/// Waits until the chart shows the range of the address.
fn wait_for_range(browser: &Browser, seconds: f64) {
    wait_for(&format!("a chart of {seconds} s"), || {
        let shown: f64 = browser.ask(
            "const { from, to } = document.querySelector('[data-plot]').dataset; return (to - from) / 1000",
        );
        ((shown - seconds).abs() < 1.0).then_some(())
    });
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn keys_zoom_and_move_and_the_back_button_returns_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url("/explore?source=demo"));
    browser.wait_for_charts();
    let _: () = browser.ask("document.querySelector('[data-area]').focus()");
    browser.type_in("+");
    assert_eq!(length_in_address(&browser).map(f64::round), Some(1_800.0));
    wait_for_range(&browser, 1_800.0);
    assert!(browser.ask::<bool>("return document.activeElement.matches('[data-area]')"), "the focus stays");
    browser.type_in("+");
    wait_for_range(&browser, 900.0);
    browser.type_in(Key::Left);
    wait_for("the range before", || {
        let before: bool = browser.ask(
            "return Date.parse(new URL(location.href).searchParams.get('to')) < Date.now() - 1000 * 900",
        );
        before.then_some(())
    });
    browser.type_in("-");
    wait_for_range(&browser, 1_800.0);
    for seconds in [900.0, 900.0, 1_800.0, 3_600.0] {
        let _: () = browser.ask("history.back()");
        wait_for_range(&browser, seconds);
    }
    assert_eq!(browser.address(), "/explore?source=demo");
    browser.type_in("+");
    wait_for_range(&browser, 1_800.0);
    browser.type_in("0");
    wait_for_range(&browser, 3_600.0);
    assert_eq!(length_in_address(&browser), None);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn dragging_zooms_and_the_address_alone_brings_it_back_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url(TEMPERATURE));
    browser.wait_for_charts();
    let place: (f64, f64, f64) = browser.ask(
        "const { left, top, width } = document.querySelector('svg.chart').getBoundingClientRect();
         return [left, top, width]",
    );
    let mouse = |kind: &str, share: f64, buttons: u32| {
        let (left, top, width) = place;
        let event = json!({"type": kind, "x": left + share * width, "y": top + 100.0, "button": "left",
            "buttons": buttons, "clickCount": 1});
        browser.devtools("Input.dispatchMouseEvent", &event);
    };
    mouse("mousePressed", 0.5, 1);
    mouse("mouseMoved", 0.6, 1);
    assert_eq!(browser.ask::<usize>("return document.querySelectorAll('.zoom').length"), 1);
    mouse("mouseMoved", 0.75, 1);
    mouse("mouseReleased", 0.75, 0);
    wait_for("the zoom", || length_in_address(&browser).filter(|length| (length - 900.0).abs() < 20.0));
    let (zoomed, length) = (browser.address(), length_in_address(&browser).unwrap());
    wait_for_range(&browser, length);
    browser.open(world.url(&zoomed));
    wait_for_range(&browser, length);
    assert_eq!(browser.texts(".choices [aria-current]"), [""; 0]);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn the_pointer_shows_the_values_of_all_charts_by_mouse_tap_and_key_in_a_browser() {
    let world = World::full();
    world.post(&json!([
        {"source": "demo", "name": "load", "value": 7},
        {"source": "demo", "name": "heat", "unit": "percent", "value": 42},
    ]));
    world.up.wait_for("/explore?source=demo", |page| page.contains("42.0 %</data>"));
    let browser = Browser::start();
    browser.open(world.url("/explore?source=demo&over=1h"));
    browser.wait_for_charts();
    assert_eq!(browser.texts(PLOT).len(), 3, "a panel for each unit");
    let values = || browser.texts("[data-line] [data-at]");
    assert_eq!(values(), ["", "", ""]);
    let _: () = browser.ask("document.querySelector('[data-area]').focus()");
    let (left, top, width): (f64, f64, f64) = browser.ask(
        "const { left, top, width } = document.querySelector('svg.chart').getBoundingClientRect();
         return [left, top, width]",
    );
    let event = json!({"type": "mouseMoved", "x": left + width * 0.75, "y": top + 100.0});
    browser.devtools("Input.dispatchMouseEvent", &event);
    wait_for("a temperature", || values().iter().any(|value| value.ends_with("°C")).then_some(()));
    assert_eq!(browser.ask::<usize>("return document.querySelectorAll('.cross').length"), 3);
    assert_eq!(values().iter().filter(|value| *value == "none").count(), 2, "{:?}", values());
    let before: String = browser.ask("return document.querySelector('[data-time]').textContent");
    let key = json!({"type": "keyDown", "key": "ArrowLeft", "code": "ArrowLeft", "modifiers": 8});
    browser.devtools("Input.dispatchKeyEvent", &key);
    let after: String = browser.ask("return document.querySelector('[data-time]').textContent");
    assert!(after < before, "{after} {before}");
    assert!(browser.text("[data-says]").contains("°C"));
    let touch = json!({"type": "touchStart", "touchPoints": [{"x": left + width * 0.9, "y": top + 100.0}]});
    browser.devtools("Input.dispatchTouchEvent", &touch);
    browser.devtools("Input.dispatchTouchEvent", &json!({"type": "touchEnd", "touchPoints": []}));
    wait_for("the place of the tap", || {
        let time: String = browser.ask("return document.querySelector('[data-time]').textContent");
        (time > before).then_some(())
    });
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn completion_follows_what_is_typed_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    browser.open(world.url("/explore"));
    browser.click("input[name=label]");
    browser.type_in("04");
    wait_for("completions of 04", || {
        let options: Vec<String> =
            browser.ask("return [...document.querySelectorAll('#labels option')].map((one) => one.value)");
        (!options.is_empty() && options.iter().all(|option| option.contains("04"))).then_some(())
    });
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn ten_thousand_points_are_drawn_in_a_browser() {
    const POINTS: u32 = 500;
    let world = World::empty();
    let now = Timestamp::now();
    for line in 0..MAX_LINES {
        let sample = |second: u32| {
            let at = now.minus(Duration::from_secs(1) * (second + 1)).to_string();
            let value = f64::from(second % 50);
            json!({"source": "many", "name": "wave", "labels": {"line": line.to_string()}, "value": value, "collected_at": at})
        };
        world.post(&Value::Array((0..POINTS).map(sample).collect()));
    }
    // From second to second: a screen of 1,280 pixels shows 600 points of each line.
    let last = format!("/explore.csv?source=many&from={}&to={}", now.minus(Duration::from_secs(510)), now);
    let rows = MAX_LINES * POINTS as usize + 1;
    world.up.wait_for(&last, |csv| csv.lines().count() == rows);
    let browser = Browser::start();
    let metrics = json!({"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    browser.open(world.url(&last.replace("explore.csv", "explore")));
    browser.wait_for_charts();
    let drawn: usize = browser.ask(
        "return [...document.querySelectorAll('.chart path.stroke')]
             .map((path) => path.getAttribute('d').split(/[ML]/).length - 1).reduce((one, other) => one + other, 0)",
    );
    assert_eq!(drawn, MAX_LINES * POINTS as usize);
    let took: f64 = browser.ask("return performance.getEntriesByName('drawn').at(-1).duration");
    println!("{drawn} points were drawn in {took:.0} ms");
}
