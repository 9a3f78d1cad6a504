//! The ports of samples, events, schedules, alerts, notifications, silences and incidents on PostgreSQL 15 or later.
//!
//! Everything is in one schema, in which the connecting role must be able to create tables; nothing else is
//! required of the database. Opening needs no server: the pool connects on first use and then migrates the
//! schema. Until the server answers, every call returns `Unavailable`.

mod alerts;
mod database;
mod days;
mod earlier;
mod error;
mod events;
mod incidents;
mod instant;
mod notifications;
mod options;
mod positions;
mod reports;
mod samples;
mod schedule;
mod series;
mod silences;
mod store;
mod tls;
mod uuid;

pub use days::MAX_DAYS;
pub use earlier::PostgresMetricsTable;
pub use options::PostgresOptions;
pub use store::PostgresStore;
