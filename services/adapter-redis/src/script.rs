//! The scripts that Redis runs.

use redis::Cmd;

/// Keeps what is newer.
pub(crate) const PUT: &str = include_str!("scripts/put.lua");
/// Reads some series in order.
pub(crate) const PAGE: &str = include_str!("scripts/page.lua");
/// Forgets what has expired.
pub(crate) const SWEEP: &str = include_str!("scripts/sweep.lua");
/// Reads positions.
pub(crate) const POSITIONS: &str = include_str!("scripts/positions.lua");
/// Moves positions.
pub(crate) const ADVANCE: &str = include_str!("scripts/advance.lua");

/// The names of the keys that hold the cache.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) samples: String,
    pub(crate) order: String,
    pub(crate) expiry: String,
    pub(crate) positions: String,
}

impl Keys {
    /// Those of the cache that is called `prefix`.
    pub(crate) fn new(prefix: &str) -> Self {
        let key = |name| format!("{{{prefix}}}:latest:{name}");
        Self {
            samples: key("samples"),
            order: key("order"),
            expiry: key("expiry"),
            positions: key("positions"),
        }
    }

    /// A call of a script about samples, to which its arguments are added. The whole text goes along: that is
    /// less than the round trip that asks whether Redis has forgotten it.
    pub(crate) fn call(&self, script: &str) -> Cmd {
        let mut call = redis::cmd("EVAL");
        call.arg(script).arg(3).arg(&self.samples).arg(&self.order).arg(&self.expiry);
        call
    }

    /// The same about positions.
    pub(crate) fn call_on_positions(&self, script: &str) -> Cmd {
        let mut call = redis::cmd("EVAL");
        call.arg(script).arg(1).arg(&self.positions);
        call
    }
}
