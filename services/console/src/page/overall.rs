//! The overall state, in one line.

use crate::format::{count, duration};
use crate::gather::{Letters, Platform};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watchkeeper_query::{Answer, NoAnswer};
use watchkeeper_runtime::RoleState;

/// The overall state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Overall {
    /// No problems.
    Well,
    /// Roles are waiting for these dependencies.
    Waiting(String),
    /// All roles are running, but something needs attention.
    Degraded(String),
}

impl Overall {
    pub(super) fn of(roles: &BTreeMap<&'static str, RoleState>, platform: &Platform) -> Self {
        let missing = roles.values().flat_map(|role| role.missing.keys().copied()).collect();
        if let Some(missing) = joined(&missing) {
            return Self::Waiting(missing);
        }
        let mut amiss = notices(roles);
        if amiss.is_empty() {
            amiss.extend(clock_amiss(&platform.clock));
        }
        amiss.extend(letters_amiss(&platform.letters));
        amiss.extend(joined(&silent(platform)).map(|silent| format!("no answer from {silent}")));
        if amiss.is_empty() { Self::Well } else { Self::Degraded(amiss.join(", ")) }
    }

    pub(super) fn is_well(&self) -> bool {
        *self == Self::Well
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Well => "Operational".to_owned(),
            Self::Waiting(what) => format!("Waiting for {what}"),
            Self::Degraded(what) => format!("Degraded: {what}"),
        }
    }

    /// The CSS class.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Waiting(_) => "waiting",
            Self::Degraded(_) => "degraded",
        }
    }
}

/// The dependencies that have not answered.
fn silent(platform: &Platform) -> BTreeSet<&'static str> {
    let errors = [
        platform.clock.as_ref().err(),
        platform.letters.as_ref().err(),
        platform.alerting.alerts.as_ref().err(),
        platform.alerting.outbox.as_ref().err(),
        platform.alerting.silences.as_ref().err(),
    ];
    let lags = platform.lags.iter().filter_map(|(_, lag)| lag.as_ref().err());
    errors.into_iter().flatten().chain(lags).map(NoAnswer::dependency).collect()
}

/// The notices of all roles, each once: the roles of one process share its clock.
fn notices(roles: &BTreeMap<&'static str, RoleState>) -> Vec<String> {
    let all = roles.values().flat_map(|role| &role.notices);
    let first_of_each: BTreeMap<_, _> = all.rev().collect();
    first_of_each.into_values().cloned().collect()
}

fn clock_amiss(clock: &Answer<Option<Duration>>) -> Option<String> {
    let by = (*clock.as_ref().ok()?)?;
    Some(format!("ignoring a clock that is off by {}", duration(by.as_secs_f64())))
}

fn letters_amiss(letters: &Answer<Letters>) -> Option<String> {
    let outstanding = letters.as_ref().ok()?.outstanding;
    match outstanding {
        0 => None,
        1 => Some("1 dead letter".to_owned()),
        more => Some(format!("{} dead letters", count(more))),
    }
}

/// `bus, cache and store`; `None` if there are none.
fn joined(names: &BTreeSet<&str>) -> Option<String> {
    let mut names: Vec<&str> = names.iter().copied().collect();
    let last = names.pop()?;
    if names.is_empty() { Some(last.to_owned()) } else { Some(format!("{} and {last}", names.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::{Alerting, Alerts, Outbox, Silences};

    fn role(missing: &[&'static str]) -> RoleState {
        let missing = missing.iter().map(|&name| (name, "refused".to_owned())).collect();
        RoleState { status: "lag 0".to_owned(), missing, has_begun: true, ..RoleState::default() }
    }

    fn platform(outstanding: u64) -> Platform {
        Platform {
            clock: Ok(None),
            letters: Ok(Letters { outstanding, ..Letters::default() }),
            lags: Vec::new(),
            alerting: Alerting {
                alerts: Ok(Alerts::default()),
                silences: Ok(Silences::default()),
                outbox: Ok(Outbox::default()),
            },
        }
    }

    #[test]
    fn all_is_well_when_nothing_is_amiss() {
        let roles = BTreeMap::from([("cache", role(&[]))]);
        assert_eq!(Overall::of(&roles, &platform(0)), Overall::Well);
    }

    #[test]
    fn each_dependency_that_is_waited_for_is_named_once_and_before_all_else() {
        let roles = BTreeMap::from([("cache", role(&["bus"])), ("persister", role(&["bus", "store"]))]);
        assert_eq!(Overall::of(&roles, &platform(7)).text(), "Waiting for bus and store");
    }

    #[test]
    fn what_needs_attention_is_named() {
        let roles = BTreeMap::from([("cache", role(&[]))]);
        assert_eq!(Overall::of(&roles, &platform(1)).text(), "Degraded: 1 dead letter");
        let mut doubting = role(&[]);
        doubting.notices.insert("clock", "the clock is ahead".to_owned());
        let doubting = BTreeMap::from([("analytics", doubting.clone()), ("persister", doubting)]);
        assert_eq!(
            Overall::of(&doubting, &platform(1)).text(),
            "Degraded: the clock is ahead, 1 dead letter"
        );
        let told = Platform { clock: Ok(Some(Duration::from_secs(7_200))), ..platform(0) };
        let text = "Degraded: ignoring a clock that is off by 2 h";
        assert_eq!(Overall::of(&roles, &told).text(), text);
        let silent = Platform { clock: Err(NoAnswer::new("cache", "refused")), ..platform(1_200) };
        assert_eq!(Overall::of(&roles, &silent).text(), "Degraded: 1,200 dead letters, no answer from cache");
    }
}
