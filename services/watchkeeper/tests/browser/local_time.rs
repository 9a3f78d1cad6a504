//! Times in UTC, or in the time zone of the browser.

use crate::browser::Browser;
use crate::world::{TEMPERATURE, World};
use serde_json::json;

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn times_are_shown_in_utc_or_in_the_zone_of_the_browser_in_a_browser() {
    let world = World::full();
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
    // The marks of a chart, too: the time of day, or the day at midnight.
    browser.open(world.url(TEMPERATURE));
    let are_local = "
        const marks = [...document.querySelectorAll('[data-mark]')];
        const expected = (mark) => {
            const local = new Date(Date.parse(mark.dataset.mark) + (5 * 60 + 45) * 60_000).toISOString();
            return local.slice(11, 19) === '00:00:00' ? local.slice(5, 10) : local.slice(11, 16);
        };
        return marks.length > 2 && marks.every((mark) => mark.textContent === expected(mark))";
    assert!(browser.ask::<bool>(are_local), "{:?}", browser.texts("[data-mark]"));
    // Browsers know it by its earlier name, too.
    let zone = browser.text("figcaption [data-zone-name]");
    assert!(["Asia/Kathmandu", "Asia/Katmandu"].contains(&zone.as_str()), "{zone}");
}
