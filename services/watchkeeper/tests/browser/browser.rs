//! A blocking interface to a browser.

use crate::chromedriver::Chromedriver;
use crate::running::wait_for;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Display;
use tempfile::TempDir;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{
    By, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, TypingData, WebDriver,
};
use tokio::runtime::Runtime;

pub(crate) use thirtyfour::Key;

/// No window, no background network traffic, and may run as root.
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with one tab; closed on drop.
pub(crate) struct Browser {
    tokio: Runtime,
    driver: WebDriver,
    _chromedriver: Chromedriver,
    _scratch: TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let chromedriver = Chromedriver::start(scratch.path());
        let mut wanted = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wanted.add_arg(flag).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", scratch.path().join("profile").display())).unwrap();
        for log in ["browser", "performance"] {
            wanted.set_logging_prefs(log, LoggingPrefsLogLevel::All).unwrap();
        }
        let driver = tokio.block_on(WebDriver::new(&chromedriver.url, wanted)).expect("the browser starts");
        Self { tokio, driver, _chromedriver: chromedriver, _scratch: scratch }
    }

    /// Opens an address and waits until it is loaded.
    pub(crate) fn open(&self, url: impl Display) {
        self.wait(self.driver.goto(url.to_string()));
    }

    /// Path and query of the current page.
    pub(crate) fn address(&self) -> String {
        self.ask("return location.pathname + location.search")
    }

    /// Runs a script and returns its result. Works even if page scripts are disabled.
    pub(crate) fn ask<T: DeserializeOwned>(&self, script: &str) -> T {
        self.ask_with(script, [])
    }

    /// The same, with `arguments` for the script.
    pub(crate) fn ask_with<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = Value>,
    ) -> T {
        let arguments: Vec<_> = arguments.into_iter().collect();
        self.wait(self.driver.execute(script, arguments)).convert().expect("the script returns what is asked")
    }

    /// Runs a script and returns what it gives to its last argument, a function.
    pub(crate) fn ask_later<T: DeserializeOwned>(&self, script: &str) -> T {
        let answer = self.wait(self.driver.execute_async(script, Vec::new()));
        answer.convert().expect("the script returns what is asked")
    }

    /// The trimmed text of each element that matches a CSS selector.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent.trim())";
        self.ask_with(script, [json!(selector)])
    }

    /// The trimmed text of the only element that matches a CSS selector.
    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        let mut texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "{selector} finds {texts:?}");
        texts.remove(0)
    }

    /// Waits until the only element that matches a CSS selector has this text.
    pub(crate) fn wait_for_text(&self, selector: &str, text: &str) {
        wait_for(&format!("{text:?} in {selector}"), || (self.texts(selector) == [text]).then_some(()));
    }

    /// Waits until the script of the charts, if the page has any, has drawn them as finely as the screen shows.
    pub(crate) fn wait_for_charts(&self) {
        const DRAWN: &str = "return !document.querySelector('[data-charts]')
            || document.documentElement.hasAttribute('data-charted')";
        wait_for("the charts", || self.ask::<bool>(DRAWN).then_some(()));
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.wait(self.driver.find(By::Css(selector)));
        self.wait(element.click());
    }

    /// Clicks a link and waits until the new page is loaded.
    pub(crate) fn follow(&self, selector: &str) {
        self.leave(|| self.click(selector));
    }

    /// Runs `act` and waits until another page is loaded.
    pub(crate) fn leave(&self, act: impl FnOnce()) {
        let _: () = self.ask("window.isLeft = true");
        act();
        wait_for("another page", || {
            self.ask::<bool>("return !window.isLeft && document.readyState === 'complete'").then_some(())
        });
    }

    /// Types a text into the focused element.
    pub(crate) fn type_in(&self, keys: impl Into<TypingData>) {
        self.wait(self.driver.action_chain().send_keys(keys).perform());
    }

    /// Calls a method of the Chrome `DevTools` protocol.
    pub(crate) fn devtools(&self, method: &str, parameters: &Value) {
        self.wait(self.driver.cdp().send_raw(method, parameters));
    }

    /// Console messages since the last call: errors and policy violations.
    pub(crate) fn console(&self) -> Vec<String> {
        let entries = self.wait(self.driver.browser_log());
        entries.into_iter().map(|entry| format!("{}: {}", entry.level, entry.message)).collect()
    }

    /// The URLs of all requests since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.wait(self.driver.get_log("performance"));
        let events = entries.iter().map(|entry| serde_json::from_str::<Value>(&entry.message).unwrap());
        let sent = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        sent.map(|event| event["message"]["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    fn wait<T>(&self, answer: impl Future<Output = WebDriverResult<T>>) -> T {
        self.tokio.block_on(answer).expect("the browser does what it is told")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.tokio.block_on(self.driver.clone().quit());
    }
}
