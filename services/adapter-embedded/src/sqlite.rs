//! A SQLite file as a service: one thread writes, with many calls to a commit; a few connections read.

mod connection;
mod database;
mod directory;
mod error;
mod migrate;
#[cfg(test)]
mod plan;
mod readers;
mod rows;
mod time;
mod writer;

pub(crate) use database::Database;
pub(crate) use error::Error;
#[cfg(test)]
pub(crate) use plan::plan;
pub(crate) use rows::select_rows;
pub(crate) use time::timestamp;
pub(crate) use writer::Memory;
