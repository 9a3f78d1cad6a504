//! The location of a backend: a directory, or an engine.

use super::client::NOT_BUILT_IN;
use super::url;
use std::fmt;
use std::path::{Path, PathBuf};
use watchkeeper_config::Section;

/// The location of a backend.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Location {
    /// Not configured: embedded in the data directory.
    #[default]
    DataDirectory,
    /// Embedded in this directory.
    Directory(PathBuf),
    /// An engine at this address; [`UNREAD`] if the address is in a file that is not opened.
    Engine(String),
}

/// Placeholder for a URL in a file that is not opened because it is for another machine.
pub(super) const UNREAD: &str = "";

/// A resolved location.
pub(super) enum Found<'a> {
    /// Files in this directory.
    Directory(&'a Path),
    /// An engine at this address.
    Engine(&'a str),
}

impl Location {
    /// Resolves the location, given the data directory.
    pub(super) fn find<'a>(&'a self, data_dir: &'a Path) -> Found<'a> {
        match self {
            Self::DataDirectory => Found::Directory(data_dir),
            Self::Directory(dir) => Found::Directory(dir),
            Self::Engine(address) => Found::Engine(address),
        }
    }

    /// The directory of the files, if the backend is embedded.
    pub(super) fn directory<'a>(&'a self, data_dir: &'a Path) -> Option<&'a Path> {
        match self.find(data_dir) {
            Found::Directory(dir) => Some(dir),
            Found::Engine(_) => None,
        }
    }

    /// The address of the engine, if it is configured and was read.
    pub(super) fn engine(&self) -> Option<&str> {
        match self {
            Self::Engine(address) if address != UNREAD => Some(address),
            _ => None,
        }
    }

    /// Whether several processes can share it.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Engine(_))
    }
}

/// Omits the URL of the engine: it may contain a password.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataDirectory => f.write_str("DataDirectory"),
            Self::Directory(dir) => f.debug_tuple("Directory").field(dir).finish(),
            Self::Engine(_) => f.write_str("Engine"),
        }
    }
}

/// An engine that can replace an embedded backend.
pub(super) struct Engine {
    /// Whether this build includes its client.
    pub(super) built_in: bool,
    /// The address for the adapter, if the URL names this engine.
    pub(super) address: fn(&str) -> Option<&str>,
    /// The accepted values, for errors.
    pub(super) expected: &'static str,
}

impl Engine {
    /// Reads the location from `key`, or from the file that `file_key` names.
    pub(super) fn read(
        &self,
        section: &mut Section<'_>,
        key: &'static str,
        file_key: &'static str,
    ) -> Location {
        Self::read_one_of(std::slice::from_ref(self), section, key, file_key)
    }

    /// The same for any of several engines, which expect the same.
    pub(super) fn read_one_of(
        engines: &[Self],
        section: &mut Section<'_>,
        key: &'static str,
        file_key: &'static str,
    ) -> Location {
        url::read(section, key, file_key, Location::Engine(UNREAD.to_owned()), |text| {
            for engine in engines {
                if let Some(location) = engine.at(text)? {
                    return Ok(location);
                }
            }
            let directory = url::embedded(text).map(|dir| Location::Directory(dir.into()));
            directory.ok_or(engines.first().map_or("cannot be set", |engine| engine.expected))
        })
        .unwrap_or_default()
    }

    /// The location at `url`, if it names this engine.
    ///
    /// # Errors
    /// If this build does not include its client.
    pub(super) fn at(&self, url: &str) -> Result<Option<Location>, &'static str> {
        match (self.address)(url) {
            Some(_) if !self.built_in => Err(NOT_BUILT_IN),
            address => Ok(address.map(|address| Location::Engine(address.to_owned()))),
        }
    }
}
