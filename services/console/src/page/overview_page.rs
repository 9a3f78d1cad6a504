//! The first page: what needs attention, the board of targets, the hosts.

use super::Part;
use super::alert_line::AlertLine;
use super::attention::{Sentence, attention};
use super::board::BoardPart;
use super::hosts::{HostPart, HostsPart, hosts};
use super::overall::Overall;
use super::shell::Shell;
use crate::format::count;
use crate::gather::Overview;
use crate::links;
use askama::Template;
use std::collections::BTreeMap;
use watchkeeper_domain::{SeriesFilter, Timestamp};
use watchkeeper_query::State;
use watchkeeper_runtime::RoleState;

/// Hosts in the navigation.
const HOSTS_IN_NAVIGATION: usize = 6;

/// The page at `/`.
#[derive(Template)]
#[template(path = "overview.html", whitespace = "minimize")]
pub(crate) struct OverviewPage {
    shell: Shell,
    overall: Overall,
    line: Option<AlertLine>,
    /// `4 targets down`; empty if none is.
    down: String,
    /// The prefix of the title: `4 down · `; empty if none is.
    title: String,
    attention: Vec<Sentence>,
    /// Whether there are targets, and all of them are up.
    is_all_up: bool,
    board: Part<BoardPart>,
    /// Of what decides whether targets are up.
    stream: String,
    hosts: Part<HostsPart>,
}

impl OverviewPage {
    /// The hosts in the navigation.
    fn linked_hosts(&self) -> &[HostPart] {
        let hosts = self.hosts.as_ref().map(|hosts| &*hosts.hosts).unwrap_or_default();
        &hosts[..hosts.len().min(HOSTS_IN_NAVIGATION)]
    }

    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        roles: &BTreeMap<&'static str, RoleState>,
        found: Overview,
        now: Timestamp,
    ) -> Self {
        let overall = Overall::of(roles, &found.platform);
        let line = AlertLine::of(&found.platform.alerting, now);
        let down = found.board.as_ref().map_or(0, |board| board.count(State::Down));
        let is_all_up = found.board.as_ref().is_ok_and(|board| {
            board.targets().count() > 0 && board.count(State::Up) == board.targets().count()
        });
        let (hosts, silent) = hosts(&found.hosts, now);
        Self {
            shell,
            overall,
            line,
            down: match down {
                0 => String::new(),
                1 => "1 target down".to_owned(),
                down => format!("{} targets down", count(down)),
            },
            title: if down > 0 { format!("{} down · ", count(down)) } else { String::new() },
            is_all_up,
            attention: attention(roles, &found, &silent, now),
            board: found.board.map(|board| BoardPart::new(&board, now)),
            stream: links::stream(&SeriesFilter::named("uptime", "availability_percent")),
            hosts,
        }
    }
}
