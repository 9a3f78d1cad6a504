//! The nouns and rules of Watchkeeper: no I/O, no async, no clock but [`Timestamp::now`].
//!
//! A [`Series`] is what is measured, and a [`Sample`] its value at one instant, with a [`Note`] if there is
//! something to say about it. [`limits`] says which of them
//! are valid, [`SeriesFilter`] selects series, [`Aggregate`] and [`Rollup`] summarise many values. An
//! [`Alert`] is a rule that fires for a series; a [`Notification`] is a message about alerts, and a
//! [`MailAddress`] may be its recipient. An [`Event`] is what a service, a device or a host said. An [`Incident`] is what people say on a status page. [`clock`] decides whether the wall clock can be trusted, and
//! [`text`] makes foreign text safe to show.

mod aggregate;
mod alert;
pub mod clock;
pub mod event;
mod filter;
mod incident;
mod key_range;
pub mod limits;
mod mail_address;
mod matcher;
mod natural;
mod note;
mod old_names;
mod range;
mod rollup;
mod sample;
mod seldom;
mod series;
pub mod text;
mod timestamp;

pub use aggregate::{Accumulator, Aggregate, UnknownAggregate};
pub use alert::{
    Acknowledgement, Alert, Channel, Notification, NotificationState, Severity, Silence, UnknownSeverity,
};
pub use event::{Event, EventFilter, EventId, Level};
pub use filter::SeriesFilter;
pub use incident::{
    Incident, IncidentPhase, IncidentStatus, IncidentUpdate, Maintenance, UnknownIncidentStatus,
};
pub use key_range::KeyRange;
pub use limits::Violation;
pub use mail_address::{
    MAX_ADDRESS_BYTES, MAX_LOCAL_BYTES, MAX_MAILBOX_BYTES, MailAddress, MailAddressError,
};
pub use matcher::{MAX_MATCHER_BYTES, MAX_MATCHERS, Matcher, MatcherError, Matchers};
pub use natural::Natural;
pub use note::Note;
pub use old_names::OldName;
pub use range::{Point, RangeQuery, SeriesPoints};
pub use rollup::{Rollup, RollupBuilder, RollupQuery, SeriesRollups, UnknownWindow, Window};
pub use sample::Sample;
pub use seldom::{Seldom, TELL_EVERY};
pub use series::{Label, Series, SeriesParts};
pub use timestamp::{Timestamp, TimestampError};
