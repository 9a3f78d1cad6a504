//! Units of this host, as systemd describes them over D-Bus (`org.freedesktop.systemd1(5)`).

mod outcome;
mod properties;
mod unit;

pub(crate) use outcome::Outcome;
pub(crate) use unit::{Unit, log_command};

use properties::Properties;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use zbus::connection::{Builder, Connection};
use zbus::zvariant::{DynamicType, OwnedObjectPath, Type};

/// How long to wait for a connection, and for each answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Most units that are described: a host has one for each role and its further instances.
const MAX_UNITS: usize = 200;
/// Exists while systemd is the init system (`sd_booted(3)`).
const BOOTED: &str = "/run/systemd/system";

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: (&str, &str) = ("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager");
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The target that all enabled roles belong to.
const TARGET: &str = "watchkeeper.target";
/// The units of Watchkeeper.
const PATTERNS: [&str; 3] =
    ["watchkeeper-up.service", "watchkeeper@*.service", "watchkeeper-failed@*.service"];

/// A unit as `ListUnitsByPatterns` has it; only its name is used.
type Listed = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Why nothing is known of the units.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// On hosts with another init system, and in containers.
    #[error("systemd does not run here")]
    NotBooted,
    #[error("cannot ask systemd over D-Bus: {0}; is dbus.service running?")]
    Bus(String),
    #[error("systemd has not answered over D-Bus within {} s", ANSWER_WITHIN.as_secs())]
    TooLate,
    #[error("systemd has {0} units of Watchkeeper, the limit is {MAX_UNITS}")]
    TooMany(usize),
}

impl From<zbus::Error> for NoAnswer {
    fn from(error: zbus::Error) -> Self {
        Self::Bus(error.to_string())
    }
}

/// A connection to systemd. Needs no privileges.
pub(crate) struct Systemd(Connection);

impl Systemd {
    /// Connects to the system bus.
    pub(crate) async fn connect() -> Result<Self, NoAnswer> {
        if !Path::new(BOOTED).is_dir() {
            return Err(NoAnswer::NotBooted);
        }
        let connecting = Builder::system()?.method_timeout(ANSWER_WITHIN).build();
        let connected = tokio::time::timeout(ANSWER_WITHIN, connecting).await;
        Ok(Self(connected.map_err(|_| NoAnswer::TooLate)??))
    }

    /// The units of Watchkeeper that are loaded or enabled, by name.
    pub(crate) async fn units(&self) -> Result<Vec<Unit>, NoAnswer> {
        let loaded: Vec<Listed> =
            self.manager("ListUnitsByPatterns", &(Vec::<&str>::new(), &PATTERNS[..])).await?;
        let mut names: BTreeSet<String> = loaded.into_iter().map(|unit| unit.0).collect();
        // Files of units, which instances of a template do not have: the target names those.
        let enabled = (vec!["enabled", "enabled-runtime"], &PATTERNS[..]);
        let files: Vec<(String, String)> = self.manager("ListUnitFilesByPatterns", &enabled).await?;
        let wanted = self.properties(TARGET).await?.texts("Wants");
        let files = files.iter().filter_map(|(path, _)| Path::new(path).file_name()?.to_str());
        names.extend(files.map(str::to_owned).chain(wanted).filter(|name| is_own(name)));
        if names.len() > MAX_UNITS {
            return Err(NoAnswer::TooMany(names.len()));
        }
        let mut units = Vec::new();
        for name in names {
            units.push(self.unit(&name).await?);
        }
        Ok(units)
    }

    /// One unit, which need not exist.
    pub(crate) async fn unit(&self, name: &str) -> Result<Unit, NoAnswer> {
        Ok(Unit::new(name, &self.properties(name).await?))
    }

    async fn properties(&self, unit: &str) -> Result<Properties, NoAnswer> {
        let path: OwnedObjectPath = self.manager("LoadUnit", &unit).await?;
        // Of all interfaces of the unit.
        Ok(Properties(self.call((path.as_str(), PROPERTIES), "GetAll", &"").await?))
    }

    async fn manager<A: DeserializeOwned + Type>(
        &self,
        method: &str,
        arguments: &(impl Serialize + DynamicType),
    ) -> Result<A, NoAnswer> {
        self.call(MANAGER, method, arguments).await
    }

    async fn call<A: DeserializeOwned + Type>(
        &self,
        (path, interface): (&str, &str),
        method: &str,
        arguments: &(impl Serialize + DynamicType),
    ) -> Result<A, NoAnswer> {
        let answer = self.0.call_method(Some(SYSTEMD), path, Some(interface), method, arguments).await?;
        Ok(answer.body().deserialize()?)
    }
}

/// Whether it is a unit of Watchkeeper, and not the template of one.
fn is_own(name: &str) -> bool {
    PATTERNS.iter().any(|pattern| match pattern.split_once('*') {
        Some((start, end)) => {
            name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).is_some_and(|i| !i.is_empty())
        }
        None => name == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_units_of_watchkeeper_and_templates_are_not() {
        for own in ["watchkeeper-up.service", "watchkeeper@persister-2.service"] {
            assert!(is_own(own), "{own}");
        }
        for other in ["watchkeeper@.service", "watchkeeper.target", "watchkeeper@a.socket", "a.service"] {
            assert!(!is_own(other), "{other}");
        }
    }
}
