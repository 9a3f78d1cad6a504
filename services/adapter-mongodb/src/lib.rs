//! The rollup store on MongoDB 5 or later, or a compatible engine such as FerretDB.
//!
//! People and dashboards read the collection `rollups`, with a document per series and window:
//!
//! ```text
//! { _id: 'hour/2026-11-20T10:00:00Z/host/load{host="a"}', key: 'host/load{host="a"}',
//!   source: "host", name: "load", unit: "",
//!   labels: [{ name: "host", value: "a" }], window: "hour", start: ISODate("2026-11-20T10:00:00Z"),
//!   avg: 0.5, min: 0.1, max: 2.5, count: NumberLong(240), p95: 1.9 }
//! ```
//!
//! Labels are a list because their names may have dots, which MongoDB reads as paths; this way one index
//! serves any label, and `{ labels: { $elemMatch: { name: "host", value: "a" } } }` uses it.
//!
//! In addition, `rollup_series` has a document per series, so that a page of series is read without their
//! rollups; `rollup_passes` has the progress of each pass; `rollup_checks` is written to find out whether the
//! engine accepts writes. Only commands that all compatible engines have are used. Nothing depends on error codes,
//! which some engines omit: an error without a code may be transient, and is retried.

mod answer;
mod batch;
mod collections;
mod delete;
mod document;
mod earlier;
mod error;
mod options;
mod pace;
mod passes;
mod prune;
mod put;
mod race;
mod rollups;
mod select;
mod server;
mod stored;

pub use options::MongoOptions;
pub use rollups::MongoRollups;
