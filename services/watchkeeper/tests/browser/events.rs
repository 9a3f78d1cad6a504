//! Searching, opening and following events.

use crate::browser::{Browser, Key};
use crate::looks::Screen;
use crate::running::wait_for;
use crate::stored_events::{SHOP_ERRORS, SHOP_EVENTS, event_page};
use crate::world::{HOSTILE, HOSTILE_IMAGE, World};
use serde_json::json;
use watchkeeper_console::PAGE_EVENTS;

const ROWS: &str = "return document.querySelectorAll('[data-list] [data-event]').length";
const TAIL: &str =
    "return [...document.querySelectorAll('[data-log] .event .message')].map((one) => one.textContent)";

fn tail(browser: &Browser) -> Vec<String> {
    browser.ask(TAIL)
}

/// Instead of the streams of the browser: ones that a test moves, in `window.streams`.
const STREAMS: &str = "
    window.streams = [];
    window.EventSource = class extends EventTarget {
        static CONNECTING = 0; static OPEN = 1; static CLOSED = 2;
        constructor(url) { super(); this.url = url; this.readyState = 0; window.streams.push(this); }
        close() { this.readyState = 2; }
        opens() { this.readyState = 1; this.dispatchEvent(new Event('open')); }
        breaks() { this.readyState = 0; this.dispatchEvent(new Event('error')); }
        sends(kind, data) { this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data) })); }
        says(first, count) {
            for (let n = first; n < first + count; n += 1) {
                const id = `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;
                this.sends('event', { id, time: new Date().toISOString(), level: 'warn', service: 'live', host: '', message: `line ${n}`, fields: { n } });
            }
        }
    };";

/// Opens a page and follows it on a stream that the test moves.
fn follow(browser: &Browser, world: &World, path: &str) {
    browser.open(world.url(path));
    let _: () = browser.ask(STREAMS);
    browser.click("[data-follow]");
    let _: () = browser.ask("window.streams[0].opens()");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn events_are_searched_completed_opened_and_narrowed_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    browser.open(world.url("/"));
    browser.follow("nav a[href='/events']");
    assert_eq!(browser.ask::<usize>(ROWS), PAGE_EVENTS);
    browser.click("[data-query]");
    browser.type_in("sta");
    browser.wait_for_text("[data-completions]:not([hidden]) li", "status");
    browser.type_in(Key::Down);
    browser.type_in(Key::Enter);
    assert_eq!(browser.ask::<String>("return document.querySelector('[data-query]').value"), "status=");
    wait_for("the values", || {
        (browser.texts("[data-completions]:not([hidden]) li").len() == 2).then_some(())
    });
    browser.type_in("5");
    browser.wait_for_text("[data-completions]:not([hidden]) li", "504");
    browser.type_in(Key::Down);
    browser.type_in(Key::Tab);
    browser.leave(|| browser.type_in(Key::Enter));
    assert_eq!(browser.address(), "/events?query=status%3D504");
    assert_eq!(browser.ask::<u32>(ROWS), SHOP_ERRORS);
    browser.follow("[data-list] .at");
    assert!(browser.address().contains("?query=status%3D504"), "{}", browser.address());
    browser.follow("a[aria-label='with ctx.user.id=0']");
    assert_eq!(browser.ask::<usize>(ROWS), 1);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn the_histogram_zooms_by_key_by_drag_and_by_click_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    browser.open(world.url("/events?query=service%3Dshop"));
    browser.wait_for_charts();
    let length = || -> Option<f64> {
        browser.ask(
            "const given = new URL(location.href).searchParams;
             return given.has('from') ? (Date.parse(given.get('to')) - Date.parse(given.get('from'))) / 1000 : null",
        )
    };
    let wait_for_range = |seconds: f64| {
        wait_for(&format!("bars of {seconds} s"), || {
            let shown: f64 = browser.ask(
                "const { from, to } = document.querySelector('[data-plot]').dataset; return (to - from) / 1000",
            );
            ((shown - seconds).abs() < 1.0).then_some(())
        });
    };
    let _: () = browser.ask("document.querySelector('[data-area]').focus()");
    browser.type_in("+");
    wait_for_range(1_800.0);
    assert!(browser.ask::<bool>("return document.activeElement.matches('[data-area]')"), "the focus stays");
    browser.type_in("0");
    wait_for_range(3_600.0);
    let key = json!({"type": "keyDown", "key": "ArrowLeft", "code": "ArrowLeft", "modifiers": 8});
    browser.devtools("Input.dispatchKeyEvent", &key);
    assert!(browser.text("[data-says]").contains("event"), "{}", browser.text("[data-says]"));
    browser.type_in(Key::Enter);
    wait_for("the time of a bar", || length().filter(|length| *length <= 120.0));
    let rows: u32 = wait_for("fewer events", || Some(browser.ask::<u32>(ROWS)).filter(|rows| *rows < 20));
    assert!(rows > 0);
    let _: () = browser.ask("history.back()");
    wait_for_range(3_600.0);
    let (left, top, width): (f64, f64, f64) = browser.ask(
        "const { left, top, width } = document.querySelector('svg.chart').getBoundingClientRect();
         return [left, top, width]",
    );
    let mouse = |kind: &str, share: f64, buttons: u32| {
        let event = json!({"type": kind, "x": left + share * width, "y": top + 60.0, "button": "left",
            "buttons": buttons, "clickCount": 1});
        browser.devtools("Input.dispatchMouseEvent", &event);
    };
    mouse("mousePressed", 0.5, 1);
    mouse("mouseMoved", 0.6, 1);
    mouse("mouseMoved", 0.75, 1);
    mouse("mouseReleased", 0.75, 0);
    wait_for("the zoom", || length().filter(|length| (length - 900.0).abs() < 30.0));
    wait_for_range(length().unwrap());
    mouse("mousePressed", 0.5, 1);
    mouse("mouseReleased", 0.5, 0);
    wait_for("the time of a bar", || length().filter(|length| *length < 60.0));
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn events_are_searched_turned_over_and_narrowed_without_script_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(world.url("/events"));
    browser.click("[data-query]");
    browser.type_in("service=shop");
    browser.follow("#events button");
    assert_eq!(browser.address(), "/events?query=service%3Dshop");
    assert_eq!(
        browser.ask::<usize>("return document.querySelectorAll('[data-follow]:not([hidden])').length"),
        0
    );
    let mut rows = browser.ask::<u32>(ROWS);
    browser.follow("a[rel=next]");
    let second = browser.texts("[data-list] .at");
    rows += browser.ask::<u32>(ROWS);
    browser.follow("a[rel=next]");
    rows += browser.ask::<u32>(ROWS);
    assert_eq!(rows, SHOP_EVENTS);
    browser.follow("a[rel=prev]");
    assert_eq!(browser.texts("[data-list] .at"), second);
    browser.follow(".levels a:nth-child(5)");
    assert_eq!(browser.text(".levels [aria-current]"), "error+");
    assert_eq!(browser.ask::<u32>(ROWS), SHOP_ERRORS);
    browser.follow(".chips a");
    assert_eq!(browser.address(), "/events?query=level%3E%3Derror");
    // A bar is a link.
    let last: String = browser.ask(
        "return [...document.querySelectorAll('[data-bar]')].findLast((bar) => bar.querySelectorAll('rect').length > 1).getAttribute('href')",
    );
    browser.open(world.url(&last));
    assert!((1..10).contains(&browser.ask::<usize>(ROWS)));
    browser.follow(".choices:not(.levels) a:nth-child(5)");
    assert_eq!(browser.text(".range .choices [aria-current]"), "last 7 days");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn markup_in_events_is_shown_as_text_in_the_list_on_its_page_and_live_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    let assert_nothing_was_taken = || {
        let strangers: usize = browser
            .ask("return document.querySelectorAll('b, :is(script, img):not([src^=\"/assets/\"])').length");
        assert_eq!(strangers, 0);
        assert!(browser.ask::<String>("return document.title").contains("Watchkeeper"));
        assert_eq!(browser.console(), [""; 0]);
    };
    browser.open(world.url(event_page(&world).as_str()));
    assert!(browser.text("pre.message").starts_with(&format!("{HOSTILE_IMAGE} \\u{{1b}}[31mred\\u{{202e}}")));
    assert_nothing_was_taken();
    follow(&browser, &world, "/events");
    assert!(browser.text("[data-list] li:first-child summary .message").starts_with(HOSTILE_IMAGE));
    let event = json!({
        "id": "019adf3c-5d20-7000-8000-00003a5f1c2b", "time": "2026-11-29T10:00:00.123456Z", "level": "error",
        "service": HOSTILE, "host": HOSTILE_IMAGE, "message": format!("{HOSTILE_IMAGE} \u{1b}[31m\u{202e}"),
        "fields": {HOSTILE: HOSTILE_IMAGE},
    });
    let _: () = browser.ask_with("window.streams[0].sends('event', arguments[0])", [event]);
    wait_for("the event", || {
        tail(&browser)
            .last()
            .filter(|line| **line == format!("{HOSTILE_IMAGE} \\u{{1b}}[31m\\u{{202e}}"))
            .cloned()
    });
    assert_eq!(browser.text("[data-log] .event:last-child .label"), format!("{HOSTILE} {HOSTILE_IMAGE}"));
    assert_nothing_was_taken();
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_live_list_keeps_up_with_thousands_of_events_and_says_what_it_skips_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    follow(&browser, &world, "/events?query=x");
    assert_eq!(browser.ask::<String>("return window.streams[0].url"), "/v1/events/stream?query=x");
    // Once what the page has is there.
    wait_for("the beginning", || browser.text("[data-tail-says]").starts_with("Live").then_some(()));
    let _: () = browser.ask("window.streams[0].says(0, 5000)");
    wait_for("the last line", || {
        (tail(&browser).last().map(String::as_str) == Some("line 4999")).then_some(())
    });
    let rows: usize = browser.ask("return document.querySelector('[data-log]').childElementCount");
    assert!(rows <= 500, "{rows}");
    let said = browser.texts("[data-log] .gap").join(" ");
    assert!(said.contains("skipped: they came faster than they can be shown"), "{said}");
    let _: () = browser.ask("window.streams[0].sends('lagged', { missed: 1234 })");
    wait_for("what the server skipped", || {
        browser.texts("[data-log] .gap").iter().any(|gap| gap.starts_with("1,234 skipped")).then_some(())
    });
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn scrolling_up_or_pausing_stops_the_motion_and_nothing_is_lost_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    follow(&browser, &world, "/events");
    let _: () = browser.ask("window.streams[0].says(0, 200)");
    wait_for("the last line", || {
        (tail(&browser).last().map(String::as_str) == Some("line 199")).then_some(())
    });
    let _: () = browser.ask("document.querySelector('[data-log]').scrollTop = 100");
    let _: () = browser.ask("window.streams[0].says(200, 7)");
    browser.wait_for_text("[data-tail-says]", "Live, stands still while you read: 7 new");
    assert_eq!(browser.ask::<u32>("return document.querySelector('[data-log]').scrollTop"), 100);
    assert_eq!(tail(&browser).last().unwrap(), "line 199");
    let _: () =
        browser.ask("const log = document.querySelector('[data-log]'); log.scrollTop = log.scrollHeight");
    wait_for("the rest", || (tail(&browser).last().map(String::as_str) == Some("line 206")).then_some(()));
    browser.click("[data-tail-pause]");
    let _: () = browser.ask("window.streams[0].says(207, 3)");
    browser.wait_for_text("[data-tail-says]", "Live, paused: 3 new");
    assert_eq!(tail(&browser).last().unwrap(), "line 206");
    browser.click("[data-tail-pause]");
    wait_for("the rest", || (tail(&browser).last().map(String::as_str) == Some("line 209")).then_some(()));
    browser.leave(|| browser.click("[data-tail-stop]"));
    assert_eq!(browser.ask::<usize>(ROWS), PAGE_EVENTS);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_connection_that_ends_is_said_and_so_is_what_is_missing_after_it_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    follow(&browser, &world, "/events");
    let _: () = browser.ask("window.streams[0].says(0, 1)");
    wait_for("the line", || tail(&browser).last().filter(|line| *line == "line 0").cloned());
    let _: () = browser.ask("window.streams[0].breaks()");
    browser.wait_for_text("[data-tail-says]", "Connection ended, trying again");
    let _: () = browser.ask("window.streams[0].opens()");
    browser.wait_for_text("[data-tail-says]", "Live");
    wait_for("both lines", || {
        let gaps = browser.texts("[data-log] .gap");
        (gaps.len() == 2
            && gaps[0].starts_with("Connection ended at ")
            && gaps[1].starts_with("Connected again at "))
        .then_some(())
    });
    let link: String = browser.ask("return document.querySelector('[data-log] .gap a').getAttribute('href')");
    assert!(link.starts_with("/events?from=") && link.contains("&to="), "{link}");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn an_event_that_is_sent_now_appears_in_a_live_list_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    browser.open(world.url("/events?query=service%3Dblog"));
    browser.click("[data-follow]");
    browser.wait_for_text("[data-tail-says]", "Live");
    world.post_events(&json!([{"service": "blog", "level": "warn", "message": "hello"}]));
    wait_for("the event", || (tail(&browser) == ["hello"]).then_some(()));
    // And in the store, a little later.
    world.up.wait_for("/events?query=service%3Dblog", |page| page.contains("hello"));
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_live_list_fits_wide_and_narrow_screens_in_light_and_dark_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    for width in [1280, 390] {
        for is_dark in [false, true] {
            let screen = Screen { width, is_dark };
            screen.show(&browser);
            follow(&browser, &world, "/events");
            let _: () =
                browser.ask("window.streams[0].says(0, 3); window.streams[0].sends('lagged', { missed: 7 })");
            wait_for("the rows", || (browser.texts("[data-log] .gap").len() == 1).then_some(()));
            screen.assert_good(&browser, "/events, live");
        }
    }
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn bars_begin_at_the_midnight_of_the_zone_that_is_chosen_in_a_browser() {
    let world = World::with_events();
    let browser = Browser::start();
    browser.devtools("Emulation.setTimezoneOverride", &json!({"timezoneId": "Asia/Kathmandu"}));
    browser.open(world.url("/events?over=7d"));
    // 5 h 45 min ahead of UTC, the whole year.
    let midnights = || -> usize {
        browser.ask(
            "return [...document.querySelectorAll('[data-bar]')]
                 .filter(({ dataset }) => (Number(dataset.from) / 60_000 + 5 * 60 + 45) % (24 * 60) === 0).length",
        )
    };
    assert_eq!(midnights(), 0);
    let _: () = browser.ask(
        "const choice = document.querySelector('[data-zone-choice]');
         choice.value = 'local';
         choice.dispatchEvent(new Event('change'))",
    );
    wait_for("bars of the zone", || (midnights() >= 6).then_some(()));
    let title: String =
        browser.ask("return document.querySelectorAll('[data-bar]')[1].getAttribute('aria-label')");
    assert!(!title.ends_with("UTC"), "{title}");
    // Kept over a reload.
    browser.open(world.url("/events?over=7d"));
    assert!(midnights() >= 6);
}
