//! The section `spool` of a role.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use watchkeeper_config::Section;

/// Disk limit in bytes, as stored (compressed): the default and the bounds.
pub const MAX_SPOOL: (usize, RangeInclusive<usize>) = (1 << 30, (16 << 20)..=(1 << 40));

/// Where records are spooled while the bus is unavailable, and how many. Unused with the embedded bus, which is as
/// available as a spool would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolConfig {
    /// Most bytes on the disk, as stored (compressed).
    pub max_bytes: usize,
    /// The spool's own directory; `None` for the role's in the data directory.
    pub directory: Option<PathBuf>,
    /// The role's directory in the data directory: unique per role.
    name: &'static str,
}

impl SpoolConfig {
    /// The defaults of a role whose directory in the data directory has this name.
    pub const fn named(name: &'static str) -> Self {
        Self { max_bytes: MAX_SPOOL.0, directory: None, name }
    }

    /// Reads the section `spool` of a role's `section`; missing keys are as in `self`.
    #[must_use]
    pub fn read(self, section: &mut Section<'_>) -> Self {
        section.section("spool", |spool| Self {
            max_bytes: spool.bytes("max", MAX_SPOOL.1, self.max_bytes),
            directory: spool.path("directory").or(self.directory),
            name: self.name,
        })
    }

    /// The name of the role's directory in the data directory.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The spool's directory, for a process with this data directory.
    pub fn directory_in(&self, data_dir: &Path) -> PathBuf {
        self.directory.clone().unwrap_or_else(|| data_dir.join(self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    const DEFAULT: SpoolConfig = SpoolConfig::named("spool");

    fn read(text: &str) -> SpoolConfig {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(|section| DEFAULT.read(section)).unwrap()
    }

    #[test]
    fn every_key_is_read_and_has_a_default() {
        assert_eq!(read(""), DEFAULT);
        let text = "[spool]\nmax = \"16 MiB\"\ndirectory = \"/var/spool/watchkeeper\"";
        let directory = Some("/var/spool/watchkeeper".into());
        assert_eq!(read(text), SpoolConfig { max_bytes: 16 << 20, directory, ..DEFAULT });
    }

    #[test]
    fn the_directory_is_in_the_data_directory_unless_one_is_given() {
        let data_dir = Path::new("/var/lib/watchkeeper");
        assert_eq!(DEFAULT.directory_in(data_dir), data_dir.join("spool"));
        let given = read("[spool]\ndirectory = \"/srv/spool\"");
        assert_eq!(given.directory_in(data_dir), Path::new("/srv/spool"));
    }
}
