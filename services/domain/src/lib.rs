//! The nouns and rules of Watchkeeper: no I/O, no async, no clock but [`Timestamp::now`].
//!
//! A [`Series`] is what is measured, a [`Sample`] one value of it at one instant. [`limits`] says what
//! a valid one looks like, [`SeriesFilter`] which are meant, [`Aggregate`] and [`Rollup`] how many become
//! one. An [`Alert`] is a rule that fires about a series, a [`Notification`] what somebody is told of it,
//! and a [`MailAddress`] where by mail. [`clock`]
//! says whether the wall clock can be believed, [`text`] how text of others is shown.

mod aggregate;
mod alert;
pub mod clock;
mod filter;
mod key_range;
pub mod limits;
mod mail_address;
mod matcher;
mod old_names;
mod range;
mod rollup;
mod sample;
mod series;
pub mod text;
mod timestamp;

pub use aggregate::{Accumulator, Aggregate, UnknownAggregate};
pub use alert::{Alert, Channel, Notification, NotificationState, Severity, Silence, UnknownSeverity};
pub use filter::SeriesFilter;
pub use key_range::KeyRange;
pub use limits::Violation;
pub use mail_address::{
    MAX_ADDRESS_BYTES, MAX_LOCAL_BYTES, MAX_MAILBOX_BYTES, MailAddress, MailAddressError,
};
pub use matcher::{MAX_MATCHER_BYTES, MAX_MATCHERS, Matcher, MatcherError, Matchers};
pub use old_names::OldName;
pub use range::{Point, RangeQuery, SeriesPoints};
pub use rollup::{Rollup, RollupBuilder, RollupQuery, SeriesRollups, UnknownWindow, Window};
pub use sample::Sample;
pub use series::{Label, Series, SeriesParts};
pub use timestamp::{Timestamp, TimestampError};
