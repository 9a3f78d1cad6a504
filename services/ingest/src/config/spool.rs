//! The section `[ingest.spool]`.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use watchkeeper_config::Section;

/// Most bytes that wait on the disk, as they are stored (compressed): the default and the bounds.
pub const MAX_SPOOL: (usize, RangeInclusive<usize>) = (1 << 30, (16 << 20)..=(1 << 40));

/// Where samples wait while the bus is away, and how many. Of no use with the embedded bus, which is never
/// further away than the spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolConfig {
    /// Most bytes that wait on the disk, as they are stored (compressed).
    pub max_bytes: usize,
    /// The spool's own directory; `None` for one in the data directory.
    pub directory: Option<PathBuf>,
}

impl SpoolConfig {
    /// Reads the section; what is not given has a default.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            max_bytes: section.bytes("max", MAX_SPOOL.1, MAX_SPOOL.0),
            directory: section.path("directory"),
        }
    }
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self { max_bytes: MAX_SPOOL.0, directory: None }
    }
}
