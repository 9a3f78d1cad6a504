//! What the tests of roles stand on.
//!
//! [`World`] is the embedded backend in a directory of its own. Each of its ports is [`Staged`]: a call goes to the
//! embedded adapter unless the test has said that it fails or waits ([`Script`]), and the test can wait for calls.
//! [`Running`] is a role at work, and [`Server`] an HTTP server that answers by script.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "this serves tests")]

mod builders;
mod in_memory;
mod running;
mod script;
mod server;
mod staged;
mod world;

pub use builders::{alert, batch, broken, letter, rejected, sample, series, silence, unavailable};
pub use in_memory::{mailbox, marks, outlet};
pub use running::{Running, counted};
pub use script::{Calls, Script};
pub use server::{Received, Server, nowhere, serve, serve_always, serve_slowly};
pub use staged::{BusEvent, Port, Staged, StoreEvent};
pub use world::{World, directory, metrics_partition};

use std::time::Duration;

/// How long anything may take before its test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must happen.
pub async fn soon<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, happens).await.expect("it happens in time")
}
