//! What every page has around its content.

use crate::format::duration;
use crate::http::Assets;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// What every page has around its content.
pub(crate) struct Shell {
    pub(super) assets: &'static Assets,
    pub(super) host: String,
    pub(super) version: &'static str,
    pub(super) uptime: String,
    /// When the page was made, RFC 3339: the script sets its clock by it.
    pub(super) now: String,
    /// The same to the second, for people.
    pub(super) time: String,
    /// Where this listener is, as the client addressed it: `127.0.0.1:8460`.
    pub(super) address: String,
    /// Which page it is: the path that leads to it.
    pub(super) path: &'static str,
}

impl Shell {
    /// The frame of the page at `path` that is made `now` for a client that addressed `address`.
    pub(crate) fn new(
        assets: &'static Assets,
        host: String,
        uptime: Duration,
        address: String,
        path: &'static str,
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
        }
    }
}
