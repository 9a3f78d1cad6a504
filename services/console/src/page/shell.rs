//! The frame of every page.

use crate::format::duration;
use crate::http::Assets;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// The pages of the navigation.
static PAGES: [PageLink; 5] = [
    PageLink { path: "/", name: "Overview" },
    PageLink { path: "/alerts", name: "Alerts" },
    PageLink { path: "/explore", name: "Explore" },
    PageLink { path: "/events", name: "Events" },
    PageLink { path: "/system", name: "System" },
];

/// A page of the navigation.
pub(super) struct PageLink {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
}

pub(crate) struct Shell {
    pub(super) assets: &'static Assets,
    pub(super) host: String,
    pub(super) version: &'static str,
    pub(super) uptime: String,
    /// When the page was rendered, RFC 3339; the script adjusts its clock to it.
    pub(super) now: String,
    /// The same as time of day, for people.
    pub(super) time: String,
    /// The address of this listener as the client used it: `127.0.0.1:8460`.
    pub(super) address: String,
    /// The path of the page.
    pub(super) path: &'static str,
    /// The name of the token with which the browser is signed in.
    pub(super) signed_in: Option<String>,
}

impl Shell {
    /// The frame of the page at `path`, rendered at `now` for a client that used `address`.
    pub(crate) fn new(
        assets: &'static Assets,
        host: String,
        uptime: Duration,
        address: String,
        path: &'static str,
        signed_in: Option<String>,
        now: Timestamp,
    ) -> Self {
        let now = now.to_string();
        let time = now.get(11..19).unwrap_or_default().to_owned();
        Self {
            assets,
            host,
            version: env!("CARGO_PKG_VERSION"),
            uptime: duration(uptime.as_secs_f64()),
            now,
            time,
            address,
            path,
            signed_in,
        }
    }

    #[expect(clippy::unused_self, reason = "templates call it on the frame")]
    pub(super) fn pages(&self) -> &'static [PageLink] {
        &PAGES
    }
}
