//! The collector collects samples from external sources on a schedule and publishes them.
//!
//! The path of a record: *collect* from a target when it is due, each target in its own task, so that a slow one
//! delays no other → *publish* the queued samples to topic `metrics`, in one batch. Every sample has the instant at
//! which it was measured, and each value is published as one sample: a target that fails repeats none. While the bus
//! is unavailable collecting continues, and samples are spooled (`watchkeeper_spool`). Without a spool, or when it is
//! full, a target is not due again before its samples fit in the next batch: no collected sample is dropped.
//!
//! A target is due at `first + n · interval`. The time of its last start is stored, so that after a restart it waits
//! for the rest of its interval. It is saved once a second: only a target that was started in the second before `kill
//! -9` (or while the store was unavailable) may be started again early.
//!
//! A reload starts the targets that are new, stops those that are gone once their running collection is complete, and
//! replaces those whose definition has changed; all others keep their schedule and state.
//!
//! A new source is one file in `sources` with its section, its targets (see [`Target`]) and their samples, and its
//! name in [`CollectorConfig`], in `definition` and in `sources::all`.

mod changes;
mod collect;
mod config;
mod definition;
mod followed;
mod marks;
mod metrics;
mod publish;
mod queue;
mod readings;
mod role;
mod run;
mod schedule;
mod series;
mod sources;
mod status;
mod target;

pub use config::CollectorConfig;
pub use queue::MAX_BATCH_SAMPLES;
pub use role::ROLE;
pub use run::{FINISH_WITHIN, FLUSH_WITHIN, run, run_sources};
pub use schedule::{MAX_BACKOFF, MAX_REFUSAL};
pub use series::{KNOWN_SERIES, KnownSeries};
pub use sources::base_url::{BaseUrl, BaseUrlError};
pub use sources::github::{
    GithubConfig, MAX_OWNER_BYTES, MAX_REPOSITORIES, MAX_REPOSITORY_NAME_BYTES, Repository, RepositoryError,
};
pub use sources::host::{
    CgroupPattern, CgroupPatternError, HostConfig, HostPart, HostPartError, MAX_ARRAYS, MAX_CGROUPS,
    MAX_DEVICES, MAX_DISKS, MAX_FAILED_UNITS, MAX_INTERFACES, MAX_PROCESS_NAMES, MAX_PROCESSES, MAX_SENSORS,
    MAX_SMART_DISKS, Roots,
};
pub use sources::journal::{JournalConfig, JournalPorts};
pub use sources::labels::{
    MAX_TARGET_LABEL_BYTES, MAX_TARGET_LABEL_NAME_BYTES, MAX_TARGET_LABELS, TargetLabels,
};
pub use sources::moex::{MAX_TICKER_BYTES, MAX_TICKERS, MoexConfig, Ticker, TickerError};
pub use sources::openweather::{City, CityError, MAX_CITIES, MAX_CITY_BYTES, OpenWeatherConfig};
pub use sources::pattern::{MAX_PATTERN_BYTES, MAX_PATTERNS, Pattern, PatternError};
pub use sources::{scrape, uptime};
pub use target::{CollectError, Sources, Target, Timing};
pub use watchkeeper_http_client::{Access, MAX_HEADER_BYTES, MAX_HEADERS, MAX_USERNAME_BYTES};
