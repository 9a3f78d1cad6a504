//! What the executable knows of a role: its entry in the table of roles.
//!
//! A role's crate has one [`RoleSpec`], and the executable lists them. The sub-commands, the listeners, the
//! configuration and the tests walk that list, so that a role is added by a crate and a line.

mod assembly;
mod settings;
mod shared;

pub use assembly::{Assembly, InProcess, Starter};
pub use settings::{Compatibility, NotRead, SampleRetention, Settings};
pub use shared::Shared;

use axum::http::Uri;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use watchkeeper_config::Section;
use watchkeeper_ports::{Group, Topic};

/// Why a role cannot start.
pub type StartError = Box<dyn Error + Send + Sync>;

/// Whether a role can run in a process of its own with these settings; else why not, and what to do.
pub type CheckAlone = fn(&Settings, &Peers) -> Result<(), String>;

/// A role: one job, one crate, one systemd unit.
#[derive(Debug)]
pub struct RoleSpec {
    /// Its name in commands, sections and metrics: one lower-case word.
    pub name: &'static str,
    /// What it does, in one line of help.
    pub about: &'static str,
    /// At which port it listens for HTTP in a process of its own, unless the configuration says otherwise.
    pub http_port: u16,
    /// Where it listens for gRPC, if it does.
    pub grpc: Option<GrpcPort>,
    /// What it consumes in which group, where the lag is to be shown.
    pub consumes: &'static [(Topic, Group)],
    /// Reads its sections of the root, and adds what they say to the settings.
    pub read: fn(&mut Section<'_>, &mut Settings),
    /// What every process gets of it, whether or not the role runs there.
    pub share: Option<fn(&mut Shared)>,
    /// Whether it can run in a process of its own, if it needs more than ports that processes share.
    pub check_alone: Option<CheckAlone>,
    /// Starts it in a process.
    pub start: fn(&mut Starter<'_>) -> Result<(), StartError>,
}

/// Where a role listens for gRPC in a process of its own.
#[derive(Clone, Copy, Debug)]
pub struct GrpcPort {
    /// The key in `[listen]`.
    pub key: &'static str,
    /// The port, unless the configuration says otherwise.
    pub port: u16,
}

impl fmt::Display for RoleSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How roles in other processes of this host are asked.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    /// Where each role listens for gRPC; without those whose port is whichever is free.
    pub grpc: BTreeMap<&'static str, Uri>,
    /// Whether they let everybody in, because there are no tokens.
    pub are_open: bool,
}
