//! For the tests of roles: staged ports, builders and servers.
//!
//! [`World`] is the embedded backend in a temporary directory. Each of its ports is [`Staged`]: calls go to the embedded
//! adapter unless the test's [`Script`] makes them fail or wait, and a test can wait for calls. [`Running`] is a running
//! role, and [`Server`] a scripted HTTP server.

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

/// How long a test waits before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits, and panics if that takes longer than [`PATIENCE`].
pub async fn soon<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, happens).await.expect("it happens in time")
}
