//! The roles and how they are.

use watchkeeper_runtime::RoleState;

/// One role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoleRow {
    pub(super) name: &'static str,
    pub(super) is_ready: bool,
    /// What the role says of itself; while it waits, what for and why.
    pub(super) says: String,
}

impl RoleRow {
    pub(super) fn new(name: &'static str, state: &RoleState) -> Self {
        Self { name, is_ready: state.is_ready(), says: state.to_string() }
    }
}
