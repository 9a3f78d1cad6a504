//! The console serves the web pages: what needs attention, what is up and the hosts at `/`, one target at `/target`,
//! alerts at `/alerts`, series at `/explore`, one of them at `/series`, events at `/events`, and the platform itself at
//! `/system`.
//!
//! A request is handled in three steps: *gather* queries [`watchkeeper_query`], each query with a timeout, so that an
//! unavailable dependency becomes a remark on the page and not an error; *page* turns the answers into text and
//! figures; a template renders them. Everything after *gather* is pure. A script keeps the page up to date: it fetches
//! the page again and follows `/v1/stream`. Without JavaScript the page is complete but does not update itself.

mod alert_chart;
mod chart;
mod events;
mod explore;
mod format;
mod gather;
mod http;
mod links;
mod metrics;
mod page;
mod ports;
mod recent;
mod role;
mod sparkline;

pub use events::{MAX_FOLDED_CHARS, SHOWN_LINES};
pub use format::shown;
pub use gather::{
    MAX_GROUPED, MAX_HOST_SERIES, MAX_LINES, MAX_NOTIFICATIONS, MAX_NOTIFICATIONS_ABOUT,
    MAX_NOTIFICATIONS_READ, MAX_PAST, MAX_TYPED_COMPLETIONS, PAGE_EVENTS, PAGE_SERIES,
};
pub use http::{Console, MAX_CSV_SERIES};
pub use ports::ConsolePorts;
pub use role::ROLE;
