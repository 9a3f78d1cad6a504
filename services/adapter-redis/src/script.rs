//! The scripts that Redis runs.

use redis::Cmd;

/// Stores newer samples.
pub(crate) const PUT: &str = include_str!("scripts/put.lua");
/// Reads some series in order.
pub(crate) const PAGE: &str = include_str!("scripts/page.lua");
/// Removes some series.
pub(crate) const DELETE: &str = include_str!("scripts/delete.lua");
/// Removes what has expired.
pub(crate) const SWEEP: &str = include_str!("scripts/sweep.lua");
pub(crate) const POSITIONS: &str = include_str!("scripts/positions.lua");
pub(crate) const ADVANCE: &str = include_str!("scripts/advance.lua");

/// The Redis keys of the cache.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) samples: String,
    pub(crate) order: String,
    pub(crate) expiry: String,
    pub(crate) positions: String,
    /// What the keys of answers begin with.
    answers: String,
}

impl Keys {
    /// The keys of the cache with this prefix.
    pub(crate) fn new(prefix: &str) -> Self {
        let key = |name| format!("{{{prefix}}}:latest:{name}");
        Self {
            samples: key("samples"),
            order: key("order"),
            expiry: key("expiry"),
            positions: key("positions"),
            answers: format!("{prefix}:answer:"),
        }
    }

    /// The key of an answer.
    pub(crate) fn answer(&self, key: &str) -> String {
        format!("{}{key}", self.answers)
    }

    /// A script call on samples, to which arguments are added. It sends the whole text, which is cheaper than
    /// a round trip to ask whether Redis has it cached.
    pub(crate) fn call(&self, script: &str) -> Cmd {
        let mut call = redis::cmd("EVAL");
        call.arg(script).arg(3).arg(&self.samples).arg(&self.order).arg(&self.expiry);
        call
    }

    /// The same on positions.
    pub(crate) fn call_on_positions(&self, script: &str) -> Cmd {
        let mut call = redis::cmd("EVAL");
        call.arg(script).arg(1).arg(&self.positions);
        call
    }
}
