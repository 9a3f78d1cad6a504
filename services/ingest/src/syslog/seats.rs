//! Which connections are admitted.

use std::collections::HashMap;
use std::net::IpAddr;
use tokio::task::Id;

/// The open connections of a listener, by task. A peer on another host gets at most half of them, so that none locks the
/// others out; relays on this host may have all.
#[derive(Debug, Default)]
pub(super) struct Seats {
    taken: HashMap<Id, IpAddr>,
    of_peer: HashMap<IpAddr, usize>,
}

impl Seats {
    /// Whether one more connection of `peer` is admitted.
    pub(super) fn has_room(&self, peer: IpAddr, max_connections: usize) -> bool {
        let of_peer = self.of_peer.get(&peer).copied().unwrap_or_default();
        let most = if peer.is_loopback() { max_connections } else { max_connections.div_ceil(2) };
        self.taken.len() < max_connections && of_peer < most
    }

    pub(super) fn take(&mut self, task: Id, peer: IpAddr) {
        self.taken.insert(task, peer);
        *self.of_peer.entry(peer).or_default() += 1;
    }

    pub(super) fn leave(&mut self, task: Id) {
        let Some(peer) = self.taken.remove(&task) else { return };
        if let Some(count) = self.of_peer.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                self.of_peer.remove(&peer);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.taken.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_peer_of_another_host_takes_more_than_half_of_the_connections() {
        let (one, other, local) = ("192.0.2.1", "192.0.2.2", "127.0.0.1");
        let [one, other, local] = [one, other, local].map(|peer| peer.parse::<IpAddr>().unwrap());
        let mut seats = Seats::default();
        let tasks: Vec<_> = (0..4).map(|_| tokio::spawn(async {}).id()).collect();
        seats.take(tasks[0], one);
        seats.take(tasks[1], one);
        assert!(!seats.has_room(one, 4) && seats.has_room(other, 4));
        seats.take(tasks[2], local);
        seats.take(tasks[3], local);
        assert!(!seats.has_room(other, 4) && !seats.has_room(local, 4));
        seats.leave(tasks[0]);
        assert!(seats.has_room(one, 4) && seats.has_room(local, 4));
        assert_eq!(seats.len(), 3);
    }
}
