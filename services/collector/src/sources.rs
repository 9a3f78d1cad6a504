//! The sources there are, one module each: its section (what all sources have is read by
//! [`Timing::read`](crate::Timing::read)), its targets, and what they measure, gathered in
//! [`Readings`](crate::readings::Readings).

pub(crate) mod host;
