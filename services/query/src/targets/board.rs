//! What a board has.

use super::uptime::Uptime;
use crate::answer::Answer;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Note, Series, Timestamp};

/// The name of the group of the heartbeats.
pub const HEARTBEATS: &str = "Heartbeats";

/// All targets at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// By name; then the targets without a group, then the heartbeats.
    pub groups: Vec<Group>,
    /// Whether there are more targets than [`MAX_TARGETS`](super::MAX_TARGETS), which are not on the board.
    pub more: bool,
    /// Why last checks and uptimes are missing or old.
    pub history: Answer<()>,
}

impl Board {
    /// All targets, by group and name.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.groups.iter().flat_map(|group| &group.targets)
    }

    /// The targets that are not up, by how bad that is, and the latest change first.
    pub fn attention(&self) -> Vec<&Target> {
        let mut found: Vec<_> = self.targets().filter(|target| target.state.needs_attention()).collect();
        let at = |target: &Target| target.since.map(Since::at);
        found.sort_by(|one, other| one.state.cmp(&other.state).then_with(|| at(other).cmp(&at(one))));
        found
    }

    /// How many targets are in this state.
    pub fn count(&self, state: State) -> usize {
        self.targets().filter(|target| target.state == state).count()
    }
}

/// The targets of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The label `group`, or [`HEARTBEATS`]; `None` for targets without a group.
    pub name: Option<String>,
    /// By name.
    pub targets: Vec<Target>,
}

/// One monitored target.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The label `target`, or the name of the heartbeat's job.
    pub name: String,
    /// The label `group`.
    pub group: Option<String>,
    /// Its other labels, by name.
    pub labels: Vec<(String, String)>,
    /// How it is checked.
    pub kind: Kind,
    /// Its state.
    pub state: State,
    /// Why it is not up, if that is known: `answered 500, expected 2xx`.
    pub reason: Option<String>,
    /// Since when it is in this state; of one without recent checks, the time of the last one.
    pub since: Option<Since>,
    /// When it was last checked.
    pub checked: Option<Timestamp>,
    /// How long the response to the last check took, if it was measured.
    pub latency: Option<Duration>,
    /// Days until the certificate expires; negative once it has.
    pub certificate_days: Option<f64>,
    /// Days until the registration of the domain ends; negative once it has.
    pub domain_days: Option<f64>,
    /// The last checks, oldest first, at most [`MAX_CHECKS`](super::MAX_CHECKS).
    pub checks: Vec<Check>,
    /// Of the last 24 hours.
    pub day: Option<Uptime>,
    /// Of the last 30 days.
    pub month: Option<Uptime>,
    /// Of the last 90 days.
    pub quarter: Option<Uptime>,
    /// The series that says whether it is up.
    pub series: Arc<Series>,
}

/// The state of a target, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its last check failed.
    Down,
    /// The collector cannot probe it: the network or the name servers of its host fail.
    CannotSee,
    /// Several checks are missing: its collector is not running.
    NoData,
    /// It was never checked.
    NotYet,
    /// Its last check succeeded.
    Up,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Down, Self::CannotSee, Self::NoData, Self::NotYet, Self::Up];

    /// In words: `down`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::CannotSee => "cannot be checked",
            Self::NoData => "no data",
            Self::NotYet => "not yet checked",
            Self::Up => "up",
        }
    }

    /// Whether somebody should look at it.
    pub const fn needs_attention(self) -> bool {
        matches!(self, Self::Down | Self::CannotSee | Self::NoData)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a target is checked, as far as its series tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// With an HTTP request.
    Http,
    /// With a TLS handshake.
    Tls,
    /// With echo requests.
    Ping,
    /// By its registration.
    Domain,
    /// It reports by itself.
    Heartbeat,
    /// In another way.
    #[default]
    Other,
}

impl Kind {
    /// In words; empty if it is not known.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Tls => "TLS",
            Self::Ping => "ping",
            Self::Domain => "domain",
            Self::Heartbeat => "heartbeat",
            Self::Other => "",
        }
    }
}

/// Since when a state lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// It began with the check at this time.
    Exactly(Timestamp),
    /// It lasts for longer; this is the earliest check that is known.
    Before(Timestamp),
}

impl Since {
    /// The instant.
    pub const fn at(self) -> Timestamp {
        match self {
            Self::Exactly(at) | Self::Before(at) => at,
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// When it was made.
    pub at: Timestamp,
    /// Whether the target counted as up.
    pub is_up: bool,
    /// Why it did not.
    pub note: Option<Note>,
    /// How long the response took, if it was measured.
    pub latency: Option<Duration>,
}
