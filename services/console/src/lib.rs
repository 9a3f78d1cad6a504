//! The console serves the web pages: the status of the platform at `/`, alerts at `/alerts`, one series at `/series`.
//!
//! A request is handled in three steps: *gather* queries [`watchkeeper_query`], each query with a timeout, so that an
//! unavailable dependency becomes a remark on the page and not an error; *page* turns the answers into text and
//! figures; a template renders them. Everything after *gather* is pure. A script keeps the page up to date: it fetches
//! the page again and follows `/v1/stream`. Without JavaScript the page is complete but does not update itself.

mod chart;
mod format;
mod gather;
mod http;
mod links;
mod lookback;
mod page;
mod ports;
mod role;
mod sparkline;

pub use format::shown;
pub use gather::{MAX_NOTIFICATIONS, PAGE_SERIES};
pub use http::Console;
pub use ports::ConsolePorts;
pub use role::ROLE;
