//! A role's entry in the table of roles.
//!
//! A role's crate has one [`RoleSpec`], and the executable lists them. Subcommands, listeners, configuration and
//! tests iterate over that list, so adding a role takes a crate and a line.

mod assembly;
mod settings;
mod shared;

pub use assembly::{Assembly, InProcess, Starter};
pub use settings::{Compatibility, EventRetention, NotRead, SampleRetention, Settings};
pub use shared::{DataDir, Shared};

use axum::http::Uri;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use watchkeeper_config::Section;
use watchkeeper_ports::{Group, Topic};

/// Why a role cannot start.
pub type StartError = Box<dyn Error + Send + Sync>;

/// Whether a role can run in its own process with these settings; if not, why, and what to do.
pub type CheckAlone = fn(&Settings, &Peers) -> Result<(), String>;

/// A role: one job, one crate, one systemd unit.
#[derive(Debug)]
pub struct RoleSpec {
    /// Its name in commands, sections and metrics: one lower-case word.
    pub name: &'static str,
    /// What it does, in one line of help.
    pub about: &'static str,
    /// Its HTTP port in a process of its own, unless configured otherwise.
    pub http_port: u16,
    /// Where it listens for gRPC, if it does.
    pub grpc: Option<GrpcPort>,
    /// The topics it consumes and the groups it joins, for which lag is reported.
    pub consumes: &'static [(Topic, Group)],
    /// Reads its sections of the root and adds them to the settings.
    pub read: fn(&mut Section<'_>, &mut Settings),
    /// What it contributes to every process, whether or not it runs there.
    pub share: Option<fn(&mut Shared)>,
    /// Whether it needs nothing that other roles use but a bus to publish to: it may then run on a host of its own, and
    /// publish to the ingest of another.
    pub only_publishes: bool,
    /// Whether it can run in its own process, if it needs more than the shared ports.
    pub check_alone: Option<CheckAlone>,
    /// Starts it in a process.
    pub start: fn(&mut Starter<'_>) -> Result<(), StartError>,
}

/// Where a role listens for gRPC in a process of its own.
#[derive(Clone, Copy, Debug)]
pub struct GrpcPort {
    /// The key in `[listen]`.
    pub key: &'static str,
    /// The port, unless configured otherwise.
    pub port: u16,
}

impl fmt::Display for RoleSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How to reach roles in other processes of this host.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    /// The gRPC address of each role, except those with an ephemeral port.
    pub grpc: BTreeMap<&'static str, Uri>,
    /// Whether they accept requests without a token, because no tokens are configured.
    pub are_open: bool,
}
