//! The page of the platform itself: roles, consumers and dead letters.

use super::Part;
use super::alert_line::AlertLine;
use super::dead_letters::LettersPart;
use super::overall::Overall;
use super::shell::Shell;
use crate::format::count;
use crate::gather::Platform;
use askama::Template;
use std::collections::BTreeMap;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Group, Topic};
use watchkeeper_query::{Answer, GroupLag};
use watchkeeper_runtime::RoleState;

/// The page at `/system`.
#[derive(Template)]
#[template(path = "system.html", whitespace = "minimize")]
pub(crate) struct SystemPage {
    shell: Shell,
    overall: Overall,
    line: Option<AlertLine>,
    roles: Vec<RoleRow>,
    lags: Vec<LagRow>,
    letters: Part<LettersPart>,
}

impl SystemPage {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        roles: &BTreeMap<&'static str, RoleState>,
        platform: Platform,
        now: Timestamp,
    ) -> Self {
        Self {
            shell,
            overall: Overall::of(roles, &platform),
            line: AlertLine::of(&platform.alerting, now),
            roles: roles.iter().map(|(name, state)| RoleRow::new(name, state)).collect(),
            lags: platform.lags.into_iter().map(LagRow::new).collect(),
            letters: platform.letters.map(|letters| LettersPart::new(letters, now)),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct RoleRow {
    name: &'static str,
    is_ready: bool,
    /// The status line of the role; while it waits, for what and why.
    says: String,
}

impl RoleRow {
    fn new(name: &'static str, state: &RoleState) -> Self {
        Self { name, is_ready: state.is_ready(), says: state.to_string() }
    }
}

struct LagRow {
    group: String,
    topic: String,
    lag: Part<LagText>,
}

/// The lag of a group, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LagText {
    behind: String,
    committed: String,
    end: String,
    partitions: String,
}

impl LagRow {
    fn new(((topic, group), lag): ((Topic, Group), Answer<GroupLag>)) -> Self {
        let lag = lag.map(|lag| LagText {
            behind: count(lag.behind),
            committed: count(lag.committed),
            end: count(lag.high),
            partitions: count(lag.partitions),
        });
        Self { group: group.name().to_owned(), topic: topic.name().to_owned(), lag }
    }
}
