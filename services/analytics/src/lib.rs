//! The analytics role rolls up the samples of every series, hour by hour and day by day.
//!
//! The path of a window: it *ends* → once it has settled it is *due* → its rollups are *asked* of the api,
//! which makes them of the samples in one pass → *stored*, in the place of what was there → the pass is
//! *marked* as having come so far. A window is made again after each delay of `corrections`, so that samples
//! that come late, by the longest of them at most, correct it. What a crash leaves undone is done again, which
//! changes nothing.

mod api;
mod clock;
mod config;
mod due;
mod make;
mod metrics;
mod pass;
mod retention;
mod role;
mod run;
#[cfg(test)]
mod stage;
mod status;
mod world;

pub use api::ApiClient;
pub use config::{AnalyticsConfig, MAX_CORRECTIONS};
pub use pass::pass_names;
pub use role::ROLE;
pub use run::run;
