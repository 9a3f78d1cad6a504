//! Times in UTC, or in the time zone of the browser.

use crate::browser::Browser;
use crate::world::World;
use serde_json::json;

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn times_are_shown_in_utc_or_in_the_zone_of_the_browser_in_a_browser() {
    let world = World::empty();
    let browser = Browser::start();
    browser.devtools("Emulation.setTimezoneOverride", &json!({"timezoneId": "Asia/Kathmandu"}));
    browser.open(world.url("/"));
    assert!(browser.text("footer time").ends_with(" UTC"));
    let _: () = browser.ask(
        "const choice = document.querySelector('[data-zone-choice]');
         choice.value = 'local';
         choice.dispatchEvent(new Event('change'))",
    );
    // 5 h 45 min ahead of UTC, the whole year.
    let is_local = "
        const time = document.querySelector('footer time');
        const expected = new Date(Date.parse(time.dateTime) + (5 * 60 + 45) * 60_000).toISOString().slice(11, 19);
        return time.textContent.startsWith(expected) && !time.textContent.includes('UTC')";
    assert!(browser.ask::<bool>(is_local), "{}", browser.text("footer time"));
    // Kept over a reload.
    browser.open(world.url("/system"));
    assert!(browser.ask::<bool>(is_local), "{}", browser.text("footer time"));
}
