//! Turns the configuration of Gatus and of Uptime Kuma into that of Watchkeeper.
//!
//! A reader per tool ([`gatus`], [`uptime_kuma`]) makes an [`Import`](model::Import), which [`write`] renders as TOML. What
//! cannot be taken is said beside the target or the receiver that it is about, and in [`Imported::warnings`]. Secrets are
//! not copied: each becomes a file that is named in a comment.

mod gatus;
mod headers;
mod kuma;
mod model;
mod names;
mod text;
mod value;
mod write;
mod yaml;

pub use gatus::gatus;
pub use kuma::uptime_kuma;
pub use yaml::{MAX_YAML_DEPTH, MAX_YAML_NODES};

/// Largest file that is read, in bytes; a database is read row by row and may have any size.
pub const MAX_IMPORT_BYTES: u64 = 16 * 1024 * 1024;
/// Most monitors or endpoints, as many as targets of the collector.
pub const MAX_IMPORTED: usize = 20_000;

/// A configuration of Watchkeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The file, with comments.
    pub toml: String,
    /// What could not be taken, one line each.
    pub warnings: Vec<String>,
    /// How many targets and heartbeats it has.
    pub taken: usize,
    /// How many monitors or endpoints could not be taken.
    pub refused: usize,
    /// The files that the secrets have to be written to.
    pub secret_files: Vec<String>,
}

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("cannot read the file: {0}")]
    Io(#[from] std::io::Error),
    /// It is longer than [`MAX_IMPORT_BYTES`].
    #[error("the file has more than {MAX_IMPORT_BYTES} bytes")]
    TooLong,
    /// It is not YAML.
    #[error("not valid YAML: {0}")]
    Yaml(String),
    /// It is not JSON.
    #[error("not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is no database of Uptime Kuma.
    #[error("cannot read the database: {0}")]
    Database(#[from] rusqlite::Error),
    /// It is a file of something else.
    #[error("{0}")]
    Other(String),
}
