//! Whether this host can see at all: a failure of its own network is no failure of what it probes.
//!
//! Two things are judged: lookups of names, and routes. A probe fails *locally* if no resolver answered (`EAI_AGAIN`, or
//! the timeout during the lookup), or if this host has no route to any address of the target. Of a target that fails
//! locally nothing is known, and nothing is published, until another target has succeeded in the same thing since its
//! first such failure: then it is down for a reason of its own.

use super::evidence::Evidence;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// Most hosts that are remembered as failing; more change nothing.
const MAX_FAILING: usize = 100;

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sense {
    /// Lookups of names.
    Dns,
    /// Routes.
    Network,
    /// Sockets for ICMP.
    Icmp,
}

/// The value of the label `kind`.
impl fmt::Display for Sense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "dns",
            Self::Network => "network",
            Self::Icmp => "icmp",
        })
    }
}

impl Sense {
    /// How many hosts must fail before this host is sure that it is blind. The servers of one name may be at fault for
    /// it; a missing route is always this host's.
    fn needed(self) -> usize {
        if self == Self::Dns { 2 } else { 1 }
    }
}

/// What is known of one thing.
#[derive(Clone, Debug, Default)]
struct Seen {
    successes: u64,
    /// Hosts that failed since the last success.
    failing: BTreeSet<String>,
    was_blind: bool,
}

/// What all targets show together.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight(HashMap<Sense, Seen>);

/// The first failure of one target in a row, by what failed: how many successes others had had by then.
#[derive(Clone, Debug, Default)]
pub(super) struct Failing(HashMap<Sense, u64>);

/// What a local failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts as any other.
    OfTarget,
    /// It says nothing about the target.
    Unknown,
}

/// A change of what this host can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) sense: Sense,
    pub(super) sees: bool,
}

impl Sight {
    /// Takes the evidence of a probe into account, and decides about its failure, if it failed.
    pub(super) fn judge(&mut self, evidence: &Evidence, target: &mut Failing) -> Verdict {
        let mut verdict = Verdict::OfTarget;
        for (sense, shown) in [(Sense::Dns, evidence.lookup), (Sense::Network, evidence.route)] {
            match shown {
                Some(true) => {
                    target.0.remove(&sense);
                    self.saw(sense);
                }
                Some(false) if self.failed(sense, &evidence.host, target) == Verdict::Unknown => {
                    verdict = Verdict::Unknown;
                }
                Some(false) | None => {}
            }
        }
        verdict
    }

    /// Whether sockets for ICMP can be opened; `None` if no target needs them.
    pub(super) fn may_ping(&mut self, may: Option<bool>) {
        let Some(may) = may else {
            self.0.remove(&Sense::Icmp);
            return;
        };
        let seen = self.0.entry(Sense::Icmp).or_default();
        seen.failing = (!may).then(|| "this host".to_owned()).into_iter().collect();
    }

    fn saw(&mut self, sense: Sense) {
        let seen = self.0.entry(sense).or_default();
        seen.successes += 1;
        seen.failing.clear();
    }

    fn failed(&mut self, sense: Sense, host: &str, target: &mut Failing) -> Verdict {
        let seen = self.0.entry(sense).or_default();
        let is_first = !target.0.contains_key(&sense);
        let successes_then = *target.0.entry(sense).or_insert(seen.successes);
        if seen.successes > successes_then {
            return Verdict::OfTarget;
        }
        if seen.failing.len() < MAX_FAILING {
            seen.failing.insert(host.to_owned());
        }
        // A second failure while no other target says anything: there is none that could.
        if seen.is_blind(sense) || is_first { Verdict::Unknown } else { Verdict::OfTarget }
    }

    /// What this host can and cannot see now, of what any probe has shown.
    pub(super) fn sees(&self) -> Vec<(Sense, bool)> {
        let mut sees: Vec<_> = self.0.iter().map(|(&sense, seen)| (sense, !seen.is_blind(sense))).collect();
        sees.sort_unstable();
        sees
    }

    /// What has changed since the last call.
    pub(super) fn turned(&mut self) -> Vec<Turned> {
        let changed = self.0.iter_mut().filter_map(|(&sense, seen)| {
            let is_blind = seen.is_blind(sense);
            let was_blind = std::mem::replace(&mut seen.was_blind, is_blind);
            (is_blind != was_blind).then_some(Turned { sense, sees: !is_blind })
        });
        changed.collect()
    }
}

impl Seen {
    fn is_blind(&self, sense: Sense) -> bool {
        self.failing.len() >= sense.needed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Watched {
        sight: Sight,
        targets: HashMap<String, Failing>,
    }

    impl Watched {
        fn new() -> Self {
            Self { sight: Sight::default(), targets: HashMap::new() }
        }

        fn probe(&mut self, host: &str, lookup: Option<bool>, route: Option<bool>) -> Verdict {
            let evidence = Evidence { host: host.to_owned(), lookup, route };
            self.sight.judge(&evidence, self.targets.entry(host.to_owned()).or_default())
        }

        fn dns(&mut self, host: &str, answered: bool) -> Verdict {
            self.probe(host, Some(answered), None)
        }

        fn sees(&self, sense: Sense) -> bool {
            self.sight.sees().contains(&(sense, true))
        }
    }

    #[test]
    fn eighty_targets_without_dns_are_one_blindness_and_no_outage() {
        let mut watched = Watched::new();
        let hosts: Vec<_> = (0..80).map(|number| format!("{number}.test")).collect();
        for host in &hosts {
            watched.dns(host, true);
        }
        assert_eq!(watched.sight.turned(), []);
        let mut turned = Vec::new();
        for _minute in 0..5 {
            for host in &hosts {
                assert_eq!(watched.dns(host, false), Verdict::Unknown, "{host}");
                turned.extend(watched.sight.turned());
            }
        }
        assert_eq!(turned, [Turned { sense: Sense::Dns, sees: false }]);
        for host in &hosts {
            watched.dns(host, true);
        }
        assert_eq!(watched.sight.turned(), [Turned { sense: Sense::Dns, sees: true }]);
    }

    #[test]
    fn a_name_that_alone_does_not_resolve_is_down_once_another_does() {
        let mut watched = Watched::new();
        watched.dns("fine.test", true);
        assert_eq!(watched.dns("broken.test", false), Verdict::Unknown);
        watched.dns("fine.test", true);
        for _ in 0..3 {
            assert_eq!(watched.dns("broken.test", false), Verdict::OfTarget);
        }
        assert!(watched.sees(Sense::Dns));
    }

    #[test]
    fn two_names_that_never_resolve_do_not_hide_each_other() {
        let mut watched = Watched::new();
        let mut minute = || {
            let verdicts = [watched.dns("a.test", false), watched.dns("b.test", false)];
            watched.dns("fine.test", true);
            verdicts
        };
        assert_eq!(minute(), [Verdict::Unknown; 2]);
        assert_eq!(minute(), [Verdict::OfTarget; 2]);
        assert_eq!(minute(), [Verdict::OfTarget; 2]);
    }

    #[test]
    fn the_only_name_is_down_with_its_second_failure_and_without_a_route_it_is_unknown() {
        let mut watched = Watched::new();
        assert_eq!(watched.dns("shop.test", false), Verdict::Unknown);
        assert_eq!(watched.dns("shop.test", false), Verdict::OfTarget);
        assert!(watched.sees(Sense::Dns));
        for _ in 0..3 {
            assert_eq!(watched.probe("192.0.2.1", None, Some(false)), Verdict::Unknown);
        }
        assert!(!watched.sees(Sense::Network));
    }

    #[test]
    fn a_family_without_a_route_is_down_while_the_other_has_one() {
        let mut watched = Watched::new();
        assert_eq!(watched.probe("2001:db8::1", None, Some(false)), Verdict::Unknown);
        watched.probe("192.0.2.1", None, Some(true));
        assert_eq!(watched.probe("2001:db8::1", None, Some(false)), Verdict::OfTarget);
        assert!(watched.sees(Sense::Network));
    }

    #[test]
    fn a_failure_that_is_not_local_is_of_the_target() {
        let mut watched = Watched::new();
        watched.dns("a.test", false);
        assert_eq!(watched.probe("b.test", Some(true), None), Verdict::OfTarget);
        assert_eq!(watched.probe("127.0.0.1", None, None), Verdict::OfTarget);
    }

    #[test]
    fn no_more_failing_hosts_are_remembered_than_the_limit() {
        let mut watched = Watched::new();
        for number in 0..=MAX_FAILING {
            watched.dns(&format!("{number}.test"), false);
        }
        assert_eq!(watched.sight.0[&Sense::Dns].failing.len(), MAX_FAILING);
    }
}
