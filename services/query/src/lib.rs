//! The query layer: each query is implemented once.
//!
//! HTTP, gRPC and the web pages are front ends: they parse a query, run it here, and render the result. So the latest
//! samples, firing alerts, silences, inhibitions and the lag of a group are the same wherever they are read. [`Samples`]
//! queries the cache and then the store, [`Events`] events, [`Rollups`] the rollups, [`Targets`] what is up, [`Alerts`] the alerts,
//! [`ReportQueries`] saved reports, [`unended_silences`] the silences, [`RuleQueries`] why rules fire, [`recent_incidents`] the incidents, and
//! [`lag_of_consumers`] the bus. What people change about alerts is here too: [`SilenceChanges`], [`Acknowledge`],
//! [`retry_notification`]. Pending dead letters are in the index of `watchkeeper-letters`.
//! [`within_time`] bounds how long a front end waits.

mod alerts;
mod answer;
mod changes;
mod cursor;
mod events;
mod explaining;
mod incidents;
mod instant;
mod lag;
mod page;
mod reports;
mod rollups;
mod samples;
mod search;
mod silences;
mod status_pages;
mod step;
mod targets;
mod unmatched;

pub use alerts::{
    AlertCursor, AlertPage, AlertState, Alerts, AlertsQuestion, FirstAlerts, FoundAlert, MAX_ALERTS,
    MAX_OTHER_TIMES, MAX_PENDING, Muters, OneAlert, PendingAlert, PendingAlerts, UnknownState, first_alerts,
};
pub use answer::{ANSWER_WITHIN, Answer, NoAnswer, within, within_time};
pub use changes::{
    ANYBODY, Acknowledge, ChangeError, Created, Retry, SilenceChanges, TRY_AGAIN_AFTER, checked_id, line,
    random_id, read_matchers, read_silence, retry_notification,
};
pub use cursor::{Cursor, MAX_CURSOR_BYTES, Origin};
pub use events::{
    AROUND_WITHIN, Around, Bars, DEFAULT_BARS, DEFAULT_EVENTS, DEFAULT_EVENTS_RANGE, DEFAULT_TOP,
    EXPORT_PAGE, Events, EventsCursor, EventsPage, EventsQuestion, FieldsFound, Histogram, LiveCounts,
    MAX_AROUND, MAX_BARS, MAX_COUNTS_RANGE, MAX_EVENTS, MAX_FIELD_BYTES, MAX_PAGE_BYTES, MAX_TOP,
    MAX_ZONE_BYTES, NOW_STEP, PARTIAL_HINT, counts_range, event_field, event_filter, events_order,
    events_query, events_range, range_of, read_zone,
};
pub use explaining::{MAX_EXPLAINED, RuleQueries};
pub use incidents::{
    INCIDENTS_KEPT, INCIDENTS_SHOWN, MAX_INCIDENTS, MAX_OPEN_INCIDENTS, open_incidents, recent_incidents,
};
pub use instant::instant;
pub use lag::{GroupLag, lag_of_consumers};
pub use page::{PageQuestion, Paged};
pub use reports::{
    DEFAULT_REPORT_ROWS, MAX_REPORT_NAME_BYTES, MAX_REPORT_RECEIVERS, MAX_REPORT_TIMEOUT, MAX_REPORTS,
    Report, ReportError, ReportQueries, ReportReceiver, ReportSet, Schedule, UnknownSchedule, run_report,
};
pub use rollups::{MAX_PAGE_ROLLUPS, Rollups, RollupsQuestion};
pub use samples::{MAX_RANGE_WINDOWS, NewestQuestion, RangeFound, Samples};
pub use search::{MAX_SEARCHED, MAX_WORDS, SearchFound, Words};
pub use silences::{ENDED_WITHIN, MAX_SILENCES, Silences, ended_silences, unended_silences};
pub use status_pages::{MAX_STATUS_PAGES, StatusPage, StatusPages};
pub use step::step_within;
pub use targets::{
    Board, Check, DailyChecks, DayChecks, GONE_AFTER, Group, HEARTBEATS, Kind, MAX_CHECKS, MAX_TARGETS,
    REFRESH_EVERY, Since, State, Target, Targets, Uptime,
};
pub use unmatched::{MAX_READ, UnmatchedQueries};
