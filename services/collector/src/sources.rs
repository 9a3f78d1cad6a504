//! The sources, one module each: its section (common keys are read by [`Timing::read`](crate::Timing::read)), its
//! targets, and their measurements, gathered in [`Readings`](crate::readings::Readings).

mod all;

pub(crate) mod base_url;
pub(crate) mod github;
pub(crate) mod groups;
pub(crate) mod hold;
pub(crate) mod host;
pub(crate) mod journal;
pub(crate) mod labels;
pub(crate) mod moex;
pub(crate) mod openweather;
pub(crate) mod pattern;
pub mod scrape;
#[cfg(test)]
mod scripted_api;
mod shared;
pub mod uptime;

pub(crate) use all::AllSources;
