//! Clients of engines. Each is optional at build time.

use anyhow::bail;
use prometheus::Registry;
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use watchkeeper_config::Section;
use watchkeeper_ports::PortError;

/// The error for an engine that this build does not support.
pub(super) const NOT_BUILT_IN: &str =
    "this executable was built without its client: build it with `--features engines`, as the packages are";

/// The process that opens a backend.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "kafka"), expect(dead_code, reason = "only Kafka's client reads it"))]
pub(super) struct Caller<'a> {
    /// Its name towards engines.
    pub(super) name: &'a str,
    /// The registry for its metrics.
    pub(super) registry: &'a Registry,
}

/// The client of an engine, with its settings.
pub(super) trait Client: Clone + Debug + PartialEq + Sized {
    /// What [`Self::open`] returns.
    type Opened;
    /// Whether this build includes it.
    const BUILT_IN: bool = true;

    /// Reads the settings from the section of the engine.
    fn read(section: &mut Section<'_>) -> Self;

    /// Checks the settings for the engine at `address`, without reading files.
    fn check(&self, address: &str, process: &str) -> Result<(), PortError>;

    /// What operators call the engine at `address`, with host and port, without user and password. `None` if it is not
    /// valid.
    fn place(&self, address: &str) -> Option<String>;

    /// Opens the client of the engine at `address`, which may be unavailable.
    fn open(&self, address: &str, caller: Caller<'_>) -> anyhow::Result<Self::Opened>;
}

/// Placeholder for a client that this build does not include.
#[cfg_attr(
    all(feature = "kafka", feature = "mongodb", feature = "postgres", feature = "redis"),
    expect(dead_code, reason = "this build includes all of them")
)]
pub(super) struct Absent<T>(PhantomData<fn() -> T>);

impl<T> Clone for Absent<T> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<T> Debug for Absent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Absent")
    }
}

impl<T> PartialEq for Absent<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Client for Absent<T> {
    type Opened = T;
    const BUILT_IN: bool = false;

    fn read(section: &mut Section<'_>) -> Self {
        section.skip();
        Self(PhantomData)
    }

    fn check(&self, _: &str, _: &str) -> Result<(), PortError> {
        Err(PortError::Broken { what: "backends", reason: NOT_BUILT_IN.to_owned() })
    }

    fn place(&self, _: &str) -> Option<String> {
        None
    }

    fn open(&self, _: &str, _: Caller<'_>) -> anyhow::Result<T> {
        bail!(NOT_BUILT_IN)
    }
}
