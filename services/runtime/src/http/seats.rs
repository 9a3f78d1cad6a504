//! Admission of connections: a limit in total and one per peer, so that no peer locks others out.

use super::activity::Standing;
use super::limits::Limits;
use super::watched::Watch;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use tokio::task::{AbortHandle, Id};
use tokio::time::{Duration, Instant};

/// How often to log that connections are closed in favour of others.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// The remote end: an IPv4 address, or an IPv6 network of 64 bits, which is what one host gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer(IpAddr);

impl Peer {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64))
            }
            address => address,
        })
    }

    /// Processes on this host, such as a reverse proxy that serves many clients. They have no limit of their own, but
    /// connections from elsewhere take precedence.
    fn is_of_this_host(self) -> bool {
        self.0.is_loopback()
    }
}

/// The verdict on a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict<I> {
    /// Accepted: below the limits.
    Welcome,
    /// Accepted once this one is closed.
    InsteadOf(I),
    /// Refused: its peer has reached its limit, and all its connections are at work.
    TurnAway,
    /// Every connection is at work.
    Wait,
}

/// The properties of a connection that the verdict depends on.
#[derive(Clone, Copy, Debug)]
struct Judged<I> {
    id: I,
    peer: Peer,
    standing: Standing,
}

/// The verdict on `newcomer`. Connections without a valid token are closed first, then idle ones, and among those one
/// of the peer with the most connections; connections at work stay.
fn judge<I: Copy>(taken: &[Judged<I>], newcomer: Peer, limits: &Limits) -> Verdict<I> {
    let mut counts: HashMap<Peer, usize> = HashMap::new();
    for seat in taken {
        *counts.entry(seat.peer).or_default() += 1;
    }
    let own = counts.get(&newcomer).copied().unwrap_or_default();
    let is_full = taken.len() >= limits.connections;
    if own >= limits.connections_of_peer && !newcomer.is_of_this_host() {
        let of_peer = taken.iter().filter(|seat| seat.peer == newcomer);
        return spared(of_peer, |_| 0).map_or(Verdict::TurnAway, Verdict::InsteadOf);
    }
    if !is_full {
        return Verdict::Welcome;
    }
    // A peer with more connections than others must not displace theirs.
    let not_poorer = taken.iter().filter(|seat| counts[&seat.peer] >= own);
    spared(not_poorer, |peer| counts[&peer]).map_or(Verdict::Wait, Verdict::InsteadOf)
}

/// The connection that can be closed most easily: unauthenticated before idle; of the peer with the most connections;
/// the longest in that state.
fn spared<'s, I: Copy + 's>(
    seats: impl Iterator<Item = &'s Judged<I>>,
    count: impl Fn(Peer) -> usize,
) -> Option<I> {
    let rank = |seat: &Judged<I>| match seat.standing {
        Standing::Stranger(since) => Some((1, count(seat.peer), std::cmp::Reverse(since))),
        Standing::Idle(since) => Some((0, count(seat.peer), std::cmp::Reverse(since))),
        Standing::AtWork => None,
    };
    let spare = seats.filter_map(|seat| Some((rank(seat)?, seat.id)));
    spare.max_by_key(|(rank, _)| *rank).map(|(_, id)| id)
}

/// The connections of a listener.
#[derive(Debug, Default)]
pub(super) struct Seats {
    taken: BTreeMap<Id, Seat>,
    told: Option<Instant>,
}

#[derive(Debug)]
struct Seat {
    peer: Peer,
    watch: Watch,
    task: AbortHandle,
    /// Being closed; counts until it is.
    leaves: bool,
}

impl Seats {
    /// Adds a connection that `task` serves.
    pub(super) fn take(&mut self, peer: Peer, watch: Watch, task: AbortHandle) {
        self.taken.insert(task.id(), Seat { peer, watch, task, leaves: false });
    }

    /// Removes the ended connection of this task.
    pub(super) fn leave(&mut self, task: Id) {
        self.taken.remove(&task);
    }

    /// The verdict on `newcomer`; closes the connection that it replaces. The newcomer is accepted once that one has
    /// ended.
    pub(super) fn judge(&mut self, newcomer: Peer, limits: &Limits) -> Verdict<Id> {
        if self.has_room(newcomer, limits) {
            return Verdict::Welcome;
        }
        if self.taken.values().any(|seat| seat.leaves) {
            return Verdict::Wait;
        }
        let judged = self.taken.iter().map(|(&id, seat)| {
            let (peer, standing) = (seat.peer, seat.watch.standing());
            Judged { id, peer, standing }
        });
        let judged: Vec<_> = judged.collect();
        let verdict = judge(&judged, newcomer, limits);
        match verdict {
            Verdict::InsteadOf(id) => self.close(id),
            Verdict::TurnAway => {
                self.tell("refused a connection: the peer has reached its limit", newcomer);
            }
            Verdict::Welcome | Verdict::Wait => {}
        }
        verdict
    }

    /// Whether the limits leave room without inspecting the connections.
    fn has_room(&self, newcomer: Peer, limits: &Limits) -> bool {
        let own = || self.taken.values().filter(|seat| seat.peer == newcomer).count();
        self.taken.len() < limits.connections
            && (newcomer.is_of_this_host() || own() < limits.connections_of_peer)
    }

    fn close(&mut self, id: Id) {
        let Some(seat) = self.taken.get_mut(&id) else { return };
        seat.leaves = true;
        seat.task.abort();
        let peer = seat.peer;
        self.tell("closed an idle connection to accept another one", peer);
    }

    fn tell(&mut self, what: &str, Peer(peer): Peer) {
        let connections = self.taken.len();
        if self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            self.told = Some(Instant::now());
            tracing::warn!(client = %peer, connections, "{what}; not logged again for {} s", TELL_EVERY.as_secs());
        } else {
            tracing::debug!(client = %peer, connections, "{what}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer::of(text.parse().unwrap())
    }

    fn limits(connections: usize, connections_of_peer: usize) -> Limits {
        Limits { connections, connections_of_peer, ..Limits::default() }
    }

    /// What becomes of `newcomer` beside those that are there: peer and standing, the oldest first.
    fn verdict(taken: &[(&str, char)], newcomer: &str, limits: &Limits) -> Verdict<usize> {
        let start = Instant::now();
        let judged: Vec<_> = taken
            .iter()
            .enumerate()
            .map(|(id, (text, standing))| {
                let since = start + Duration::from_secs(id as u64);
                let standing = match standing {
                    's' => Standing::Stranger(since),
                    'i' => Standing::Idle(since),
                    _ => Standing::AtWork,
                };
                Judged { id, peer: peer(text), standing }
            })
            .collect();
        judge(&judged, peer(newcomer), limits)
    }

    #[test]
    fn everybody_is_welcome_while_there_is_room() {
        assert_eq!(verdict(&[], "192.0.2.1", &limits(1, 1)), Verdict::Welcome);
        assert_eq!(verdict(&[("192.0.2.1", 'w')], "192.0.2.2", &limits(2, 1)), Verdict::Welcome);
    }

    #[test]
    fn a_peer_at_its_bound_makes_room_for_itself_or_is_turned_away() {
        let limits = limits(10, 3);
        let (a, b) = ("192.0.2.1", "192.0.2.2");
        assert_eq!(verdict(&[(a, 'w'), (a, 'w')], a, &limits), Verdict::Welcome);
        assert_eq!(verdict(&[(b, 's'), (a, 'i'), (a, 's'), (a, 'w')], a, &limits), Verdict::InsteadOf(2));
        assert_eq!(verdict(&[(b, 's'), (a, 'w'), (a, 'i'), (a, 'i')], a, &limits), Verdict::InsteadOf(2));
        assert_eq!(verdict(&[(b, 's'), (a, 'w'), (a, 'w'), (a, 'w')], a, &limits), Verdict::TurnAway);
    }

    #[test]
    fn programs_of_this_host_have_no_bound_of_their_own() {
        let busy = [("127.0.0.1", 'w'); 3];
        assert_eq!(verdict(&busy, "127.0.0.1", &limits(4, 1)), Verdict::Welcome);
        assert_eq!(verdict(&[("::1", 'w'); 3], "::1", &limits(4, 1)), Verdict::Welcome);
        assert_eq!(verdict(&busy, "127.0.0.1", &limits(3, 1)), Verdict::Wait);
    }

    #[test]
    fn when_all_places_are_taken_the_peer_with_most_gives_its_oldest_stranger() {
        let (a, b, c) = ("192.0.2.1", "192.0.2.2", "192.0.2.3");
        let limits = limits(4, 4);
        assert_eq!(verdict(&[(b, 's'), (a, 'w'), (a, 's'), (a, 's')], c, &limits), Verdict::InsteadOf(2));
        assert_eq!(verdict(&[(a, 'i'), (a, 'i'), (b, 's'), (a, 'w')], c, &limits), Verdict::InsteadOf(2));
        assert_eq!(verdict(&[(b, 'i'), (a, 'w'), (a, 'i'), (a, 'i')], c, &limits), Verdict::InsteadOf(2));
        assert_eq!(verdict(&[(a, 'w'); 4], c, &limits), Verdict::Wait);
    }

    #[test]
    fn who_has_most_takes_no_place_of_others() {
        let (a, b) = ("192.0.2.1", "192.0.2.2");
        assert_eq!(verdict(&[(b, 's'), (a, 'w'), (a, 'w')], a, &limits(3, 4)), Verdict::Wait);
        assert_eq!(verdict(&[(b, 's'), (a, 'w'), (a, 's')], a, &limits(3, 4)), Verdict::InsteadOf(2));
    }

    #[test]
    fn a_peer_is_an_address_and_of_ipv6_a_network() {
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        assert_eq!(peer("2001:db8:0:1::1"), peer("2001:db8:0:1:ffff::2"));
        assert_ne!(peer("2001:db8:0:1::1"), peer("2001:db8:0:2::1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
    }
}
