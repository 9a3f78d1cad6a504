//! Where a back end is: in a directory, or at an engine.

use super::client::NOT_BUILT_IN;
use super::url;
use std::fmt;
use std::path::{Path, PathBuf};
use watchkeeper_config::Section;

/// Where a back end is.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing was said: embedded in the directory of all data.
    #[default]
    DataDirectory,
    /// Embedded in this directory.
    Directory(PathBuf),
    /// At an engine, which the adapter finds by this; [`UNREAD`] if that stands in a file that stays closed.
    Engine(String),
}

/// Instead of a URL that stands in a file for another machine.
pub(super) const UNREAD: &str = "";

/// What a place comes down to.
pub(super) enum Found<'a> {
    /// Files in this directory.
    Directory(&'a Path),
    /// An engine, which the adapter finds by this.
    Engine(&'a str),
}

impl Place {
    /// Where that is, when all data is in `data_dir`.
    pub(super) fn find<'a>(&'a self, data_dir: &'a Path) -> Found<'a> {
        match self {
            Self::DataDirectory => Found::Directory(data_dir),
            Self::Directory(dir) => Found::Directory(dir),
            Self::Engine(address) => Found::Engine(address),
        }
    }

    /// The directory that the files are in, if it is embedded.
    pub(super) fn directory<'a>(&'a self, data_dir: &'a Path) -> Option<&'a Path> {
        match self.find(data_dir) {
            Found::Directory(dir) => Some(dir),
            Found::Engine(_) => None,
        }
    }

    /// Where the engine is, if that is known.
    pub(super) fn engine(&self) -> Option<&str> {
        match self {
            Self::Engine(address) if address != UNREAD => Some(address),
            _ => None,
        }
    }

    /// Whether several processes can use it.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Engine(_))
    }
}

/// Without the engine's URL, in which a password may stand.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataDirectory => f.write_str("DataDirectory"),
            Self::Directory(dir) => f.debug_tuple("Directory").field(dir).finish(),
            Self::Engine(_) => f.write_str("Engine"),
        }
    }
}

/// An engine that can be in the place of the embedded back end.
pub(super) struct Engine {
    /// Whether its client is a part of this build.
    pub(super) built_in: bool,
    /// What the adapter finds it by, if a URL is one of this engine.
    pub(super) address: fn(&str) -> Option<&str>,
    /// What a place may be, for an error.
    pub(super) expected: &'static str,
}

impl Engine {
    /// Reads the place from `key`, or from the file that `file_key` names.
    pub(super) fn read(&self, section: &mut Section<'_>, key: &'static str, file_key: &'static str) -> Place {
        url::read(section, key, file_key, Place::Engine(UNREAD.to_owned()), |text| {
            let embedded = || url::embedded(text).map(|dir| Place::Directory(dir.into()));
            self.at(text)?.or_else(embedded).ok_or(self.expected)
        })
        .unwrap_or_default()
    }

    /// The place at `url`, if that is one of this engine.
    ///
    /// # Errors
    /// When its client is not a part of this build.
    pub(super) fn at(&self, url: &str) -> Result<Option<Place>, &'static str> {
        match (self.address)(url) {
            Some(_) if !self.built_in => Err(NOT_BUILT_IN),
            address => Ok(address.map(|address| Place::Engine(address.to_owned()))),
        }
    }
}
