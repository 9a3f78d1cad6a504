//! The alerts page.

use crate::browser::Browser;
use crate::world::World;
use serde_json::json;

impl World {
    /// Sends a temperature, and waits until the alerts page contains `said`.
    fn heat(&self, degrees: u32, said: &str) {
        self.post(&json!({"source": "demo", "name": "heat", "unit": "celsius", "value": degrees}));
        self.up.wait_for("/alerts", |page| page.contains(said));
    }
}

/// Pausing and resuming refreshes the page at once.
fn ask_again(browser: &Browser) {
    browser.click("[data-pause]");
    browser.click("[data-pause]");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_sample_that_breaks_a_rule_is_followed_from_the_status_page_to_its_series_in_a_browser() {
    let world = World::with_rules();
    world.heat(95, ">delivered<");
    let browser = Browser::start();
    browser.open(world.url("/"));
    assert_eq!(browser.text(".firing"), "1 alert firing (1 critical)");
    assert!(browser.ask::<String>("return document.title").starts_with("1 firing · Watchkeeper"));
    browser.follow(".firing a");
    assert_eq!(browser.address(), "/alerts");
    assert_eq!(browser.text(".firing-now .severity"), "critical");
    assert_eq!(browser.text(".firing-now th[scope=row]"), "too_hot");
    assert_eq!(browser.text(".firing-now .value"), "95.0 °C");
    assert_eq!(browser.text(".firing-now .reason"), "is 95 celsius, above 90 celsius");
    assert_eq!(browser.text(".notifications .to"), "mail watchkeeper@localhost");
    assert_eq!(browser.texts(".rules th[scope=row]"), ["too_hot", "odd"]);
    assert_eq!(browser.texts(".rules .fires"), ["1", "0"]);
    browser.follow(".firing-now .about-series a");
    assert_eq!(browser.address(), "/series?source=demo&name=heat&unit=celsius");
    assert_eq!(browser.text(".about-one th[scope=row]"), "too_hot");
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn what_fires_and_clears_moves_without_a_reload_in_a_browser() {
    let world = World::with_rules();
    let browser = Browser::start();
    browser.open(world.url("/alerts"));
    assert_eq!(browser.text(".firing"), "No alerts firing");
    let _: () = browser.ask("window.isStillHere = true");
    world.heat(95, "1 alert firing");
    ask_again(&browser);
    browser.wait_for_text(".firing", "1 alert firing (1 critical)");
    assert!(browser.ask::<String>("return document.title").starts_with("1 firing · Alerts"));
    world.heat(20, "No alerts firing");
    ask_again(&browser);
    browser.wait_for_text(".firing", "No alerts firing");
    assert!(browser.ask::<String>("return document.title").starts_with("Alerts"));
    assert_eq!(browser.text(".cleared .reason"), "is 20 celsius, not above 90 celsius");
    assert!(browser.ask::<bool>("return window.isStillHere === true"));
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_silence_is_shown_beside_what_it_covers_and_ended_by_the_command_that_the_page_says_in_a_browser() {
    let world = World::with_rules();
    world.heat(95, "1 alert firing");
    let browser = Browser::start();
    browser.open(world.url("/alerts"));
    let command = browser.text("#silences code");
    assert!(command.starts_with("watchkeeper silences add 'rule=\"NAME\"'"), "{command}");
    let silence =
        ["silences", "add", "rule=\"too_hot\"", "--for", "2h", "--comment", "summer", "--by", "ops"];
    assert!(world.up.run(&silence).status.success());
    browser.open(world.url("/alerts"));
    assert_eq!(browser.text(".silences .comment"), "summer");
    browser.click(".silenced a");
    assert_eq!(browser.text(":target .matchers code"), "rule=\"too_hot\"");
    let id = browser.text(":target .id");
    assert!(world.up.run(&["silences", "expire", &id]).status.success());
    browser.open(world.url("/alerts"));
    assert_eq!(browser.texts(".silenced, .silences"), [""; 0]);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn the_page_of_alerts_asks_no_other_host_and_keeps_its_policy_in_a_browser() {
    let world = World::firing();
    let browser = Browser::start();
    browser.open("about:blank");
    browser.requests();
    browser.open(world.url("/alerts"));
    let own = world.url("/");
    let requests = browser.requests();
    assert!(requests.iter().all(|sent| sent.starts_with(&own)), "{requests:?}");
    assert_eq!(browser.console(), [""; 0]);
}

/// The link of a firing alert.
const ROW: &str = ".firing-now th[scope=row] a";

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn from_the_overview_an_alert_is_silenced_in_two_clicks_in_a_browser() {
    let world = World::with_rules();
    world.heat(95, "1 alert firing");
    let browser = Browser::start();
    browser.open(world.url("/"));
    browser.follow(".firing a");
    browser.follow(".firing-now button[formaction='/alerts/silence']");
    assert_eq!(browser.address(), "/alerts?done=silenced");
    assert_eq!(browser.text(".done"), "Silence created.");
    assert_eq!(browser.text(".silences .matchers code"), "rule=\"too_hot\"");
    assert_eq!(browser.text(".silences .matchers .muted"), "mutes 1 alert");
    browser.follow(".silences button");
    assert_eq!(browser.address(), "/alerts?done=silence-ended");
    assert_eq!(browser.texts(".silenced, .silences"), [""; 0]);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn from_an_alert_it_is_one_click_to_the_chart_around_it_in_a_browser() {
    let world = World::with_rules();
    world.heat(95, ">delivered<");
    let browser = Browser::start();
    browser.open(world.url("/alerts"));
    browser.follow(ROW);
    assert!(browser.address().starts_with("/alerts/alert?rule=too_hot&series=demo"), "{}", browser.address());
    assert_eq!(browser.text(".because"), "is 95 celsius, above 90 celsius");
    assert_eq!(browser.text("text.limit"), "fires above 90.0 °C");
    assert_eq!(browser.text("text.mark"), "fired");
    assert_eq!(browser.text("#notified .to"), "mail watchkeeper@localhost");
    world.heat(20, "No alerts firing");
    browser.open(world.url("/alerts"));
    browser.follow(".cleared th[scope=row] a");
    assert_eq!(browser.texts("text.mark"), ["fired", "cleared"]);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn what_could_not_be_sent_is_sent_now_by_its_button_in_a_browser() {
    let world = World::with_a_receiver_that_is_away();
    world.heat(95, "Retry now");
    let browser = Browser::start();
    browser.open(world.url("/alerts"));
    browser.follow("#notifications button");
    let address = browser.address();
    assert!(["/alerts?done=due", "/alerts?done=under-way"].contains(&&*address), "{address}");
}
