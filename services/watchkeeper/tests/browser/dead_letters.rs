//! Dead letters on the status page.

use crate::browser::Browser;
use crate::world::World;

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn a_dead_letter_is_shown_with_the_commands_for_it_in_a_browser() {
    let world = World::with_a_dead_letter();
    let browser = Browser::start();
    browser.open(world.url("/system"));
    assert_eq!(browser.text(".overall"), "Degraded: 1 dead letter");
    assert_eq!(browser.text(".letters .key"), "demo/poison");
    assert_eq!(browser.text(".letters .reason"), "value: is missing");
    let commands = browser.texts("#dead-letters code");
    assert_eq!(
        commands,
        ["show", "replay", "discard"].map(|what| format!("watchkeeper dead-letters {what} ID"))
    );
    // The command from the page works with the ID from the page.
    let id = browser.text(".letters tbody th");
    let printed = world.up.run(&["dead-letters", "show", &id]);
    assert!(String::from_utf8_lossy(&printed.stdout).contains("poison"), "{printed:?}");
}
