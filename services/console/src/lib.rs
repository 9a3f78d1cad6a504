//! The console is the pages that show what the platform is doing, at `/`, and what fires, at `/alerts`.
//!
//! The path of a page: a request → *gather* answers of [`watchkeeper_query`], each within a bound, so that a
//! port that is away leaves a remark and not an error → *page*, the words and figures that are shown →
//! a template. Everything after the gathering is pure. What moves is moved by a script, which asks for
//! the page again and follows `/v1/stream`; without it the page is complete, and stands still.

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

pub use gather::{MAX_NOTIFICATIONS, PAGE_SERIES};
pub use http::Console;
pub use ports::ConsolePorts;
pub use role::ROLE;
