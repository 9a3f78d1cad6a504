//! Engines, and hosts whose roles use them.

use crate::host::Host;
use crate::kept::Kept;
use crate::stack::{Engine, Stack};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;

/// Engines that nobody else uses, and a place for the hosts.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) kept: Kept,
    dir: TempDir,
}

impl World {
    /// It is known where the engines will be, but none runs.
    pub(crate) fn without_engines() -> Self {
        // PostgreSQL runs as another user when root starts it, and has to pass through.
        let passable = Permissions::from_mode(0o711);
        let dir = tempfile::Builder::new().permissions(passable).tempdir().unwrap();
        let stack = Stack::prepare(dir.path().join("stack"));
        Self { kept: Kept::by(&stack), stack, dir }
    }

    /// The engines run.
    pub(crate) fn with_engines() -> Self {
        let world = Self::without_engines();
        world.stack.start(&Engine::ALL);
        world
    }

    /// A host on which nothing runs yet.
    pub(crate) fn host(&self, name: &str) -> Host {
        Host::new(self.dir.path().join(name), &self.stack)
    }
}
