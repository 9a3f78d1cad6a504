//! The layout of the pages, on wide and narrow screens, light and dark.

use crate::browser::Browser;
use crate::stored_events::event_page;
use crate::world::{TEMPERATURE, World, site_page};
use serde::Deserialize;
use serde_json::json;

/// A screen size and colour scheme.
pub(crate) struct Screen {
    /// In CSS pixels.
    pub(crate) width: u32,
    pub(crate) is_dark: bool,
}

/// The result of `looks.js`.
#[derive(Debug, Deserialize)]
struct Looks {
    /// Number of texts checked.
    texts: usize,
    /// Width of the page in pixels.
    width: u32,
    /// Of the background of the page: 0 is black, 1 is white.
    ground_luminance: f64,
    unreadable: Vec<String>,
    reaching_out: Vec<String>,
}

impl Screen {
    pub(crate) fn show(&self, browser: &Browser) {
        let is_phone = self.width < 600;
        let metrics = json!({"width": self.width, "height": 900, "deviceScaleFactor": 1, "mobile": is_phone});
        browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if self.is_dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &features);
    }

    fn looks(&self, browser: &Browser) -> Looks {
        browser.ask_with(include_str!("looks.js"), [json!(self.width)])
    }

    #[track_caller]
    pub(crate) fn assert_good(&self, browser: &Browser, path: &str) {
        let looks = self.looks(browser);
        assert!(looks.texts > 10, "{path}: {looks:?}");
        assert_eq!(looks.ground_luminance < 0.5, self.is_dark, "{path}: {looks:?}");
        assert!(looks.width <= self.width, "{path}: {looks:?}");
        assert!(looks.unreadable.is_empty() && looks.reaching_out.is_empty(), "{path}: {looks:?}");
    }
}

/// Checks every page in every state: operational, degraded, full, empty, strange.
fn look_at_everything(width: u32, is_dark: bool) {
    let screen = Screen { width, is_dark };
    let browser = Browser::start();
    screen.show(&browser);
    let week = format!("{TEMPERATURE}&over=7d");
    let long = "/explore?source=odd";
    for (world, state) in
        [(World::with_a_dead_letter(), "Degraded: 1 dead letter"), (World::full(), "Operational")]
    {
        browser.open(world.url("/"));
        assert_eq!(browser.text(".overall"), state);
        for path in [
            "/",
            "/system",
            "/explore",
            "/explore?source=shop",
            long,
            "/explore?source=nothing",
            "/explore?q=0&fn=max&compare=1d",
            "/explore?name=orders&group=sum&by=shop",
            "/explore?source=demo&fn=rate&over=7d",
            "/series?source=demo&name=temperatur",
            TEMPERATURE,
            &week,
        ] {
            browser.open(world.url(path));
            browser.wait_for_charts();
            screen.assert_good(&browser, path);
        }
        browser.open(world.url(long));
        for index in 0..browser.texts("th.name").len() {
            browser.follow(&format!("tr:nth-child({}) th.name a", index + 1));
            screen.assert_good(&browser, &browser.address());
            browser.open(world.url(long));
        }
    }
    let sites = World::with_sites();
    let down = site_page("site-07");
    let gone = site_page("nowhere");
    for path in ["/", &down, &gone] {
        browser.open(sites.url(path));
        screen.assert_good(&browser, path);
    }
    let events = World::with_events();
    let trace = event_page(&events);
    for path in [
        "/events",
        "/events?query=service%3Dshop+level%3E%3Dwarn&over=24h",
        "/events?query=level%3E%3Dwran",
        "/events?query=nothing",
        "/events?field=status",
        &trace,
    ] {
        browser.open(events.url(path));
        screen.assert_good(&browser, path);
    }
    let (firing, hot) = (World::firing(), "/series?source=odd&name=many");
    let rule = "/alerts/rule?name=odd";
    for path in ["/", "/alerts", "/alerts?over=24h&done=due", "/alerts/silence", rule, hot] {
        browser.open(firing.url(path));
        screen.assert_good(&browser, path);
    }
    browser.open(firing.url("/alerts"));
    let links =
        "return [...document.querySelectorAll('.firing-now th a')].map((link) => link.getAttribute('href'))";
    for path in browser.ask::<Vec<String>>(links) {
        browser.open(firing.url(&path));
        screen.assert_good(&browser, &path);
    }
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn every_page_fits_and_is_readable_at_1280_pixels_in_light_in_a_browser() {
    look_at_everything(1280, false);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn every_page_fits_and_is_readable_at_1280_pixels_in_dark_in_a_browser() {
    look_at_everything(1280, true);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn every_page_fits_and_is_readable_at_390_pixels_in_light_in_a_browser() {
    look_at_everything(390, false);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn every_page_fits_and_is_readable_at_390_pixels_in_dark_in_a_browser() {
    look_at_everything(390, true);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_text_that_is_pale_or_too_wide_is_noticed_in_a_browser() {
    let world = World::empty();
    let browser = Browser::start();
    let screen = Screen { width: 390, is_dark: false };
    screen.show(&browser);
    browser.open(world.url("/system"));
    screen.assert_good(&browser, "/system");
    let _: () = browser.ask(
        "const [pale, wide] = document.querySelectorAll('h2');
         pale.style.color = 'rgb(150, 150, 150)';
         wide.style.whiteSpace = 'nowrap';
         wide.textContent = 'wide '.repeat(50)",
    );
    let looks = screen.looks(&browser);
    assert_eq!(looks.unreadable, ["Roles"]);
    assert!(looks.reaching_out.iter().any(|text| text.starts_with("wide")), "{looks:?}");
    assert!(looks.width > screen.width, "{looks:?}");
}
