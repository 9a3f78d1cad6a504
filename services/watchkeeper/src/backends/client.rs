//! Clients of engines, of which a build may be without some.

use anyhow::bail;
use prometheus::Registry;
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use watchkeeper_config::Section;
use watchkeeper_ports::PortError;

/// Why an engine cannot be named in the configuration of this build.
pub(super) const NOT_BUILT_IN: &str =
    "this executable was built without its client: build it with `--features engines`, as packages are";

/// A process that uses an engine.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    /// By what name the engine knows it.
    pub(super) name: &'a str,
    /// Where its metrics go.
    pub(super) registry: &'a Registry,
}

/// The client of an engine, and how it is used.
pub(super) trait Client: Clone + Debug + PartialEq + Sized {
    /// What is opened.
    type Opened;
    /// Whether it is a part of this build.
    const BUILT_IN: bool = true;

    /// Reads how the engine is used, from its section.
    fn read(section: &mut Section<'_>) -> Self;

    /// What is wrong with how the engine at `address` is to be used, whatever machine that is for: no file is read.
    fn check(&self, address: &str, process: &str) -> Result<(), PortError>;

    /// Makes ready to use the engine at `address`, which need not be there yet.
    fn open(&self, address: &str, caller: Caller<'_>) -> anyhow::Result<Self::Opened>;
}

/// Stands for a client that this build is without.
#[cfg_attr(
    all(feature = "kafka", feature = "mongodb", feature = "postgres", feature = "redis"),
    expect(dead_code, reason = "all are a part of this build")
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

    fn open(&self, _: &str, _: Caller<'_>) -> anyhow::Result<T> {
        bail!(NOT_BUILT_IN)
    }
}
