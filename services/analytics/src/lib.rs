//! The analytics role computes hourly and daily rollups of the samples of every series.
//!
//! The path of a window: it *ends* → once it has settled it is *due* → its rollups are *queried* from the api, which
//! computes them from the samples in one pass → *stored*, replacing earlier ones → the *mark* of the pass is
//! advanced. A window is recomputed after each delay of `corrections`, so that late samples, by the longest of them
//! at most, correct it. Steps interrupted by a crash are repeated, which changes nothing.

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
