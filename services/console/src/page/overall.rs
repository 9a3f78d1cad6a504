//! The overall state, in one line.

use crate::format::{count, duration};
use crate::gather::{Letters, Status};
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
    pub(super) fn of(roles: &BTreeMap<&'static str, RoleState>, status: &Status) -> Self {
        let missing = roles.values().flat_map(|role| role.missing.keys().copied()).collect();
        if let Some(missing) = joined(&missing) {
            return Self::Waiting(missing);
        }
        let mut amiss = notices(roles);
        if amiss.is_empty() {
            amiss.extend(clock_amiss(&status.clock));
        }
        amiss.extend(letters_amiss(&status.letters));
        amiss.extend(joined(&silent(status)).map(|silent| format!("no answer from {silent}")));
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
fn silent(status: &Status) -> BTreeSet<&'static str> {
    let errors = [
        status.latest.as_ref().err(),
        status.history.as_ref().err(),
        status.series.as_ref().err(),
        status.letters.as_ref().err(),
        status.alerting.alerts.as_ref().err(),
        status.alerting.outbox.as_ref().err(),
        status.alerting.silences.as_ref().err(),
    ];
    let lags = status.lags.iter().filter_map(|(_, lag)| lag.as_ref().err());
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
    use crate::gather::{Alerting, Alerts, History, Outbox, Silences};
    use watchkeeper_query::{Origin, Paged};

    fn role(missing: &[&'static str]) -> RoleState {
        let missing = missing.iter().map(|&name| (name, "refused".to_owned())).collect();
        RoleState { status: "lag 0".to_owned(), missing, has_begun: true, ..RoleState::default() }
    }

    fn status(outstanding: u64) -> Status {
        Status {
            latest: Ok(Paged { items: Vec::new(), origin: Origin::Cache, next: None }),
            history: Ok(History::default()),
            series: Ok(0),
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
        assert_eq!(Overall::of(&roles, &status(0)), Overall::Well);
    }

    #[test]
    fn each_dependency_that_is_waited_for_is_named_once_and_before_all_else() {
        let roles = BTreeMap::from([("cache", role(&["bus"])), ("persister", role(&["bus", "store"]))]);
        assert_eq!(Overall::of(&roles, &status(7)).text(), "Waiting for bus and store");
    }

    #[test]
    fn what_needs_attention_is_named() {
        let roles = BTreeMap::from([("cache", role(&[]))]);
        assert_eq!(Overall::of(&roles, &status(1)).text(), "Degraded: 1 dead letter");
        let mut doubting = role(&[]);
        doubting.notices.insert("clock", "the clock is ahead".to_owned());
        let doubting = BTreeMap::from([("analytics", doubting.clone()), ("persister", doubting)]);
        assert_eq!(Overall::of(&doubting, &status(1)).text(), "Degraded: the clock is ahead, 1 dead letter");
        let told = Status { clock: Ok(Some(Duration::from_secs(7_200))), ..status(0) };
        let text = "Degraded: ignoring a clock that is off by 2 h";
        assert_eq!(Overall::of(&roles, &told).text(), text);
        let silent = Status { history: Err(NoAnswer::new("store", "refused")), ..status(1_200) };
        assert_eq!(Overall::of(&roles, &silent).text(), "Degraded: 1,200 dead letters, no answer from store");
    }

    #[test]
    fn the_dependency_that_has_failed_is_named_whatever_was_queried() {
        let roles = BTreeMap::from([("cache", role(&[]))]);
        let of = |dependency| Status { latest: Err(NoAnswer::new(dependency, "refused")), ..status(0) };
        for dependency in ["cache", "store"] {
            let text = format!("Degraded: no answer from {dependency}");
            assert_eq!(Overall::of(&roles, &of(dependency)).text(), text);
        }
        let both = Status { series: Err(NoAnswer::new("cache", "refused")), ..of("store") };
        assert_eq!(Overall::of(&roles, &both).text(), "Degraded: no answer from cache and store");
    }
}
