//! Questions about what is stored, each answered in one place.
//!
//! HTTP, gRPC and the pages are front ends: they parse a question, ask here, and show the answer in their own form. So
//! what is latest, which alerts fire, what is silenced or inhibited and how far a group is behind is the same wherever
//! it is read. [`Samples`] asks the cache and then the store, [`Rollups`] the rollups, [`Alerts`] the alerts,
//! [`unended_silences`] the silences, and [`lag_of_consumers`] the bus. Which dead letters wait is known by the index in
//! `watchkeeper-letters`. What an asker waits for at most is bounded by [`within_time`].

mod alerts;
mod answer;
mod cursor;
mod lag;
mod page;
mod rollups;
mod samples;
mod silences;

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
