//! No requests to other hosts, no policy violations, no errors.

use crate::browser::Browser;
use crate::running::wait_for;
use crate::world::{TEMPERATURE, World};

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn no_page_asks_another_host_or_breaks_its_policy_or_fails_in_a_browser() {
    let world = World::full();
    let browser = Browser::start();
    for path in ["/", "/explore?source=shop", TEMPERATURE] {
        browser.open("about:blank");
        browser.requests();
        let url = world.url(path);
        browser.open(&url);
        browser.wait_for_text("[data-live-text]", "Live");
        // Pausing and resuming refreshes the page at once.
        browser.click("[data-pause]");
        browser.click("[data-pause]");
        let mut requests = Vec::new();
        wait_for("the page to be asked for again", || {
            requests.extend(browser.requests());
            (requests.iter().filter(|sent| **sent == url).count() == 2).then_some(())
        });
        for part in ["/assets/console", "/v1/stream"] {
            assert!(requests.iter().any(|sent| sent.contains(part)), "{part} is not among {requests:?}");
        }
        let own = world.url("/");
        assert!(requests.iter().all(|sent| sent.starts_with(&own)), "{requests:?}");
        assert_eq!(browser.console(), [""; 0], "{path}");
    }
}

#[test]
#[ignore = "needs a browser: cargo xtask test provides one"]
fn the_policy_stops_what_is_inline_and_what_is_elsewhere_in_a_browser() {
    let world = World::empty();
    let browser = Browser::start();
    browser.open(world.url("/"));
    let _: () = browser.ask(
        "const add = (name, what) => document.body.append(Object.assign(document.createElement(name), what));
         add('script', { textContent: 'document.title = \"taken\"' });
         add('img', { src: 'http://127.0.0.2:1/elsewhere.png' });
         add('iframe', { src: 'http://127.0.0.2:1/frame' })",
    );
    let mut heard = String::new();
    wait_for("three violations", || {
        heard.extend(browser.console());
        (heard.matches("Content Security Policy").count() >= 3).then_some(())
    });
    assert_ne!(browser.ask::<String>("return document.title"), "taken");
}
