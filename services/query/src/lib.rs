//! The query layer: each query is implemented once.
//!
//! HTTP, gRPC and the web pages are front ends: they parse a query, run it here, and render the result. So the latest
//! samples, firing alerts, silences, inhibitions and the lag of a group are the same wherever they are read. [`Samples`]
//! queries the cache and then the store, [`Rollups`] the rollups, [`Alerts`] the alerts, [`unended_silences`] the
//! silences, and [`lag_of_consumers`] the bus. Pending dead letters are in the index of `watchkeeper-letters`.
//! [`within_time`] bounds how long a front end waits.

mod alerts;
mod answer;
mod cursor;
mod lag;
mod page;
mod rollups;
mod samples;
mod silences;
mod unmatched;

pub use alerts::{
    AlertCursor, AlertPage, AlertState, Alerts, AlertsQuestion, FirstAlerts, FoundAlert, MAX_ALERTS, Muters,
    UnknownState, first_alerts,
};
pub use answer::{ANSWER_WITHIN, Answer, NoAnswer, within_time};
pub use cursor::{Cursor, MAX_CURSOR_BYTES, Origin};
pub use lag::{GroupLag, lag_of_consumers};
pub use page::{PageQuestion, Paged};
pub use rollups::{MAX_PAGE_ROLLUPS, Rollups, RollupsQuestion};
pub use samples::{MAX_RANGE_WINDOWS, NewestQuestion, RangeFound, Samples};
pub use silences::{ENDED_WITHIN, MAX_SILENCES, Silences, ended_silences, unended_silences};
pub use unmatched::{MAX_READ, UnmatchedQueries};
