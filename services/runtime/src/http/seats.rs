//! Who may be connected at once: so many in all, and of one peer only a part, so that nobody keeps others out.

use super::activity::Standing;
use super::limits::Limits;
use super::watched::Watch;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use tokio::task::{AbortHandle, Id};
use tokio::time::{Duration, Instant};

/// How often the log is told that connections are closed to make room.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Who is at the other end: an address, and of IPv6 a network of 64 bits, which is what one host gets.
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

    /// Programs of this host, a reverse proxy among them behind which are many. No bound of its own holds for
    /// them, but whoever comes from elsewhere gets a place before them.
    fn is_of_this_host(self) -> bool {
        self.0.is_loopback()
    }
}

/// What becomes of somebody who wants to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict<I> {
    /// There is room.
    Welcome,
    /// There is once this one is closed.
    InsteadOf(I),
    /// Its peer has as many connections as it may, and all are at work.
    TurnAway,
    /// Every connection is at work.
    Wait,
}

/// One connection, as it is judged by.
#[derive(Clone, Copy, Debug)]
struct Judged<I> {
    id: I,
    peer: Peer,
    standing: Standing,
}

/// Whether `newcomer` can have a place. Who has shown no token is the first to make room, then who is idle, and among
/// those a connection of the peer that has most; who is at work stays.
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
    // Whoever has more than others takes nothing away from them.
    let not_poorer = taken.iter().filter(|seat| counts[&seat.peer] >= own);
    spared(not_poorer, |peer| counts[&peer]).map_or(Verdict::Wait, Verdict::InsteadOf)
}

/// The connection that can be spared most easily: of a stranger before an idle one; of the peer that has most; the
/// one that has been so for longest.
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
    /// It is being closed, and counts until it is.
    leaves: bool,
}

impl Seats {
    /// Notes a connection, which `task` serves.
    pub(super) fn take(&mut self, peer: Peer, watch: Watch, task: AbortHandle) {
        self.taken.insert(task.id(), Seat { peer, watch, task, leaves: false });
    }

    /// Its connection has ended.
    pub(super) fn leave(&mut self, task: Id) {
        self.taken.remove(&task);
    }

    /// Whether `newcomer` can have a place, and closes the connection that makes room for it. Then there is one once
    /// that one has ended.
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
                self.tell("refused a connection of a peer that has as many as it may", newcomer);
            }
            Verdict::Welcome | Verdict::Wait => {}
        }
        verdict
    }

    /// Whether nobody has to be asked what it is doing.
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
        self.tell("closed a connection that was not in use to make room for another", peer);
    }

    fn tell(&mut self, what: &str, Peer(peer): Peer) {
        let connections = self.taken.len();
        if self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            self.told = Some(Instant::now());
            tracing::warn!(%peer, connections, "{what}; not told again for {} s", TELL_EVERY.as_secs());
        } else {
            tracing::debug!(%peer, connections, "{what}");
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
