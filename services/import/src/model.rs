//! What is imported, whichever tool it is from.

use crate::names::{self, Names};
use crate::value::Toml;
use std::collections::{BTreeMap, BTreeSet};

/// Longest timeout of a probe, in milliseconds; shortest and longest interval.
const MAX_TIMEOUT_MS: u64 = 13_000;
const MIN_TIMEOUT_MS: u64 = 100;
const MAX_INTERVAL_MS: u64 = 24 * 60 * 60 * 1000;
const MIN_INTERVAL_MS: u64 = 1000;
/// Shortest and longest interval of a heartbeat, and the longest grace.
const MIN_HEARTBEAT_MS: u64 = 10_000;
const MAX_HEARTBEAT_MS: u64 = 366 * 24 * 60 * 60 * 1000;
const MAX_GRACE_MS: u64 = 24 * 60 * 60 * 1000;
/// Highest number of probes that must agree.
const MAX_THRESHOLD: u64 = 100;
/// Most labels of a target besides those that the import makes.
const MAX_LABELS: usize = 12;
/// Longest value of a label, in bytes.
const MAX_LABEL_BYTES: usize = 256;

/// Everything that is imported.
#[derive(Debug, Default)]
pub(crate) struct Import {
    /// The tool's name.
    pub(crate) tool: &'static str,
    pub(crate) sites: Vec<Site>,
    pub(crate) heartbeats: Vec<Heartbeat>,
    /// What could not be taken at all: its name, and why.
    pub(crate) refused: Vec<(String, String)>,
    pub(crate) receivers: Vec<Receiver>,
    pub(crate) mail_server: Option<MailServer>,
    pub(crate) windows: Vec<Window>,
    /// What could not be taken otherwise.
    pub(crate) notes: Vec<String>,
    pub(crate) secrets: Secrets,
}

/// A target.
#[derive(Debug, Default)]
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) group: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// The key that says what is probed, and its value.
    pub(crate) probe: (&'static str, String),
    pub(crate) interval_ms: u64,
    pub(crate) keys: Vec<(&'static str, Toml)>,
    /// The names of its receivers.
    pub(crate) receivers: BTreeSet<String>,
    /// For how many days before its expiry an alert about the certificate fires.
    pub(crate) certificate_days: Option<u64>,
    /// What of it could not be taken.
    pub(crate) notes: Vec<String>,
}

/// A job that reports.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    pub(crate) name: String,
    pub(crate) every_ms: u64,
    /// The path that the job calls now.
    pub(crate) called_before: String,
    pub(crate) receivers: BTreeSet<String>,
    pub(crate) notes: Vec<String>,
}

/// A receiver of notifications.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) name: String,
    /// Its channel, and the options of it; `mail` has a list.
    pub(crate) channel: (&'static str, Toml),
    pub(crate) notes: Vec<String>,
}

/// The mail server, of which there is one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MailServer {
    pub(crate) url: String,
    pub(crate) username: Option<String>,
    pub(crate) password_file: Option<String>,
    pub(crate) from: Option<String>,
}

/// A maintenance window.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) name: String,
    pub(crate) days: Vec<&'static str>,
    pub(crate) start: String,
    pub(crate) minutes: u64,
    pub(crate) time_zone: Option<String>,
    /// Empty for all targets.
    pub(crate) targets: Vec<String>,
}

/// The files that secrets have to be written to, and what each of them is for.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    names: Names,
    pub(crate) files: Vec<(String, String)>,
}

impl Secrets {
    /// A file for the secret `what` (such as `token`) of `owner`.
    pub(crate) fn file(&mut self, owner: &str, what: &str, about: &str) -> String {
        let name = self.names.unique(&format!("{}-{what}", names::word(owner)));
        self.files.push((name.clone(), about.to_owned()));
        name
    }
}

impl Heartbeat {
    /// The heartbeat with the name, the receivers and the notes of `site`.
    pub(crate) fn of(site: Site, every_ms: u64, called_before: String) -> Self {
        let Site { name, receivers, notes, .. } = site;
        let every_ms = every_ms.clamp(MIN_HEARTBEAT_MS, MAX_HEARTBEAT_MS);
        Self { name, every_ms, called_before, receivers, notes }
    }

    /// How late it may be: a tenth of the interval.
    pub(crate) fn grace_ms(&self) -> u64 {
        (self.every_ms / 10).clamp(1000, MAX_GRACE_MS)
    }
}

impl Site {
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(crate) fn key(&mut self, key: &'static str, value: Toml) {
        self.keys.push((key, value));
    }

    /// How often it is probed.
    pub(crate) fn set_interval(&mut self, milliseconds: u64) {
        self.interval_ms = milliseconds.clamp(MIN_INTERVAL_MS, MAX_INTERVAL_MS);
        if self.interval_ms != milliseconds {
            let used = crate::value::duration(self.interval_ms);
            self.note(format!("the interval {} became {used}", crate::value::duration(milliseconds)));
        }
    }

    /// The timeout of a probe.
    pub(crate) fn set_timeout(&mut self, milliseconds: u64) {
        let used = milliseconds.clamp(MIN_TIMEOUT_MS, MAX_TIMEOUT_MS);
        if used != milliseconds {
            let (given, used) = (crate::value::duration(milliseconds), crate::value::duration(used));
            self.note(format!("the timeout {given} became {used}"));
        }
        self.key("timeout", Toml::text(&crate::value::duration(used)));
    }

    /// How many probes must agree before it counts as down or up.
    pub(crate) fn set_threshold(&mut self, key: &'static str, probes: u64) {
        if probes > 1 {
            self.key(key, Toml::number(probes.min(MAX_THRESHOLD)));
        }
    }

    /// A tag or label.
    pub(crate) fn label(&mut self, name: &str, value: &str) {
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        match names::label(name) {
            Some(label)
                if self.labels.len() < MAX_LABELS && !value.is_empty() && value.len() <= MAX_LABEL_BYTES =>
            {
                self.labels.entry(label).or_insert(value);
            }
            _ => self.note(format!("the label {name} was left out")),
        }
    }
}
