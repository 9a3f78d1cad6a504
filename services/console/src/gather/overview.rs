//! The data of the first page.

use super::hosts::{Hosts, hosts};
use super::{Platform, Sources, platform};
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{Answer, Board};
use watchkeeper_rules::RuleSet;

pub(crate) struct Overview {
    pub(crate) platform: Platform,
    pub(crate) board: Answer<Board>,
    pub(crate) hosts: Hosts,
}

/// Reads the board last: whether a heartbeat is missing is known from the alerts.
pub(crate) async fn overview(sources: &Sources, rules: &RuleSet, now: Timestamp) -> Overview {
    let (platform, hosts) = tokio::join!(platform(sources, now), hosts(sources, now));
    let firing = platform.alerting.alerts.as_ref().map(|alerts| &*alerts.firing).unwrap_or_default();
    let board = sources.targets.board(rules, firing, now).await;
    Overview { platform, board, hosts }
}
