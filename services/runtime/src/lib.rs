//! The runtime of every process, so that a role contains only its own work.
//!
//! A [`Process`] runs roles. Each gets a [`RoleContext`], through which it reports its state (status line,
//! [`Dependency`]s, metrics, and a [`Heartbeat`] per loop) and learns when to stop. The process turns that into
//! notifications to systemd, the admin endpoints (`/metrics`, `/livez`, `/readyz`) and an exit code.

mod admin;
pub mod clock;
pub mod consumer;
mod context;
mod figures;
pub mod grpc;
mod heartbeat;
mod host_name;
pub mod http;
mod outages;
mod periodic;
pub mod probe;
mod process;
mod retry;
pub mod role;
mod roster;
mod signals;
mod sockets;
mod systemd;
pub mod telemetry;

pub use context::{RoleContext, RoleResult};
pub use figures::{Grouped, millis, per_second, roughly};
pub use heartbeat::{Heartbeat, MAX_BUSY, MAX_WAIT, TOLD_AFTER};
pub use host_name::host_name;
pub use outages::REMIND_EVERY;
pub use periodic::Rounds;
pub use process::{Ended, Process, STOP_TIMEOUT};
pub use retry::{Backoff, RETRY_AT_LEAST, RETRY_AT_MOST, Stopped, pause, retry};
pub use roster::{Dependency, Notice, RoleState, Roster};
pub use sockets::{Sockets, UnwantedSocket};
pub use systemd::Starting;
