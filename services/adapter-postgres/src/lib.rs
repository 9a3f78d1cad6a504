//! The ports of samples, schedules, alerts, notifications and silences on PostgreSQL 15 or later.
//!
//! Everything lies in one schema, in which the role that connects may create tables; nothing else is asked
//! of the database. Opening needs no server: the pool connects when it is first used, the schema is brought
//! up to date then, and until the server answers every call says that it is not available.

mod alerts;
mod database;
mod earlier;
mod error;
mod instant;
mod notifications;
mod options;
mod positions;
mod samples;
mod schedule;
mod series;
mod silences;
mod store;
mod tls;

pub use earlier::PostgresMetricsTable;
pub use options::PostgresOptions;
pub use samples::MAX_DAYS;
pub use store::PostgresStore;
