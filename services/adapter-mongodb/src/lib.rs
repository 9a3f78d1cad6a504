//! The port of rollups on MongoDB 5 or later, or what speaks as it does, such as FerretDB.
//!
//! What people and dashboards read is the collection `rollups`, a document per series and window:
//!
//! ```text
//! { _id: 'hour/2026-11-20T10:00:00Z/host/load{host="a"}', key: 'host/load{host="a"}',
//!   source: "host", name: "load", unit: "",
//!   labels: [{ name: "host", value: "a" }], window: "hour", start: ISODate("2026-11-20T10:00:00Z"),
//!   avg: 0.5, min: 0.1, max: 2.5, count: NumberLong(240), p95: 1.9 }
//! ```
//!
//! Labels are a list because their names may hold dots, which MongoDB takes for paths; so one index serves
//! any label, and `{ labels: { $elemMatch: { name: "host", value: "a" } } }` finds it.
//!
//! Beside it, `rollup_series` has a document per series, from which a page of series is read without reading
//! their rollups; `rollup_passes` knows how far each pass has come; `rollup_checks` is written to find out
//! whether that is possible. Only commands that every engine of the protocol has are used, and nothing depends
//! on the code of an error, which some leave out: an error without one may pass, and is tried again.

mod answer;
mod batch;
mod collections;
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
