//! A configuration that is refused at start.

use std::error::Error;
use std::fmt;

/// The exit code for a configuration that is refused at start, `EX_CONFIG` of `sysexits.h`: the units do not restart the
/// process then, as that would not change the file.
pub(crate) const EX_CONFIG: u8 = 78;

/// Why the configuration is refused, and what to do.
#[derive(Debug)]
pub(crate) struct Refused(anyhow::Error);

impl Refused {
    /// To be used as `map_err(Refused::because)`.
    pub(crate) fn because(reason: impl Into<anyhow::Error>) -> Self {
        Self(reason.into())
    }
}

/// The reason with its causes.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Error for Refused {}
