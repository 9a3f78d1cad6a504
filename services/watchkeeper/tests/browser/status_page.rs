//! The status page for customers.

use crate::accessible::violations;
use crate::browser::Browser;
use crate::looks::Screen;
use crate::running::Up;
use crate::world::HOSTILE;
use serde_json::json;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use watchkeeper_domain::Timestamp;

const CONFIG: &str = r#"
    [[status_page]]
    name = "customers"
    title = "Example status"
    description = "The shop and what it needs."
    match = []
    public = true
    contact = "mailto:help@example.org"
"#;
const PAGE: &str = "/status/customers";

/// A running `up` with targets, an incident and coming maintenance.
struct Shop {
    up: Up,
    _data: TempDir,
}

impl Shop {
    fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("watchkeeper.toml");
        fs::write(&config, CONFIG).unwrap();
        let up = Up::start_with(data.path(), |command| {
            command.arg("--config").arg(config);
        });
        let sample = |target: &str, group: &str, value: u32| {
            json!({"source": "uptime", "name": "availability_percent", "unit": "percent", "value": value,
                   "labels": {"target": target, "group": group}})
        };
        let samples = json!([
            sample("shop", "Web", 100),
            sample("checkout", "Web", 0),
            sample(HOSTILE, "Web", 100),
            sample(&"very long name ".repeat(12), "Office", 100),
        ]);
        assert_eq!(up.post_samples(&samples.to_string()), Some(202));
        let run = |args: &[&str]| assert!(up.run(args).status.success());
        let text = "We are looking into it.\n\nMore at https://example.org/a/long/address/that/does/not/fit/on/a/phone";
        run(&["incidents", "open", "Orders are slow", "--text", text, "--affects", "checkout"]);
        run(&["incidents", "open", HOSTILE, "--text", HOSTILE, "--status", "resolved"]);
        let tomorrow = Timestamp::now().plus(Duration::from_secs(24 * 60 * 60)).to_string();
        run(&["incidents", "open", "New disks", "--text", "Closed.", "--from", &tomorrow, "--for", "2h"]);
        // Nobody has looked at the page before: what is made of it has everything.
        up.wait_for("/v1/latest?source=uptime", |latest| latest.matches("availability_percent").count() == 4);
        Self { up, _data: data }
    }
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn the_status_page_fits_and_is_readable_on_every_screen_in_a_browser() {
    let shop = Shop::open();
    for (width, is_dark) in [(1280, false), (1280, true), (390, false), (390, true)] {
        let (browser, screen) = (Browser::start(), Screen { width, is_dark });
        screen.show(&browser);
        browser.open(format!("{}{PAGE}", shop.up.url));
        screen.assert_good(&browser, PAGE);
        assert_eq!(violations(&browser), [""; 0], "{width}");
    }
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_customer_sees_what_is_down_without_script_in_a_browser() {
    let shop = Shop::open();
    let browser = Browser::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(format!("{}{PAGE}", shop.up.url));
    assert_eq!(browser.text(".verdict"), "1 of 4 services is down");
    assert_eq!(browser.text(".open h3"), "Orders are slow");
    assert_eq!(browser.text("#service-checkout .now"), "Down");
    assert_eq!(browser.text("#service-shop .now"), "Operational");
    assert!(browser.texts("h3").iter().any(|text| text == HOSTILE));
    assert!(browser.ask::<String>("return document.title").ends_with("Example status"));
}
