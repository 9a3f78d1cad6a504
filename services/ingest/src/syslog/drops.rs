//! Datagrams that the kernel dropped, because they came faster than they were read.

use super::messages::Messages;
use rustix::fs::fstat;
use std::fs;
use std::net::UdpSocket;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_runtime::{Grouped, Notice, RoleContext, RoleResult, Rounds};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// For how many looks a drop is shown in the status: a minute.
const SHOWN_FOR: u32 = 30;
/// The sockets of this host, of both families.
const TABLES: [&str; 2] = ["/proc/self/net/udp", "/proc/self/net/udp6"];
/// The columns of a table (`man 5 proc_pid_net`), counted from 0.
const INODE: usize = 9;
const DROPS: usize = 12;

/// Watches the counter of a socket.
pub(super) struct Drops {
    context: RoleContext,
    notice: Notice,
    messages: Arc<Messages>,
    /// What identifies the socket; 0 if that is not known.
    inode: u64,
}

impl Drops {
    pub(super) fn of(socket: &UdpSocket, context: &RoleContext, messages: Arc<Messages>) -> Self {
        let inode = fstat(socket.as_fd()).map_or(0, |status| status.st_ino);
        Self { context: context.clone(), notice: context.notice("datagrams"), messages, inode }
    }

    /// Counts until the role stops.
    pub(super) async fn run(self) -> RoleResult {
        let heartbeat = self.context.heartbeat("syslog_drops");
        let mut rounds = Rounds::every(LOOK_EVERY, &self.context, &heartbeat);
        let mut seen = Seen::default();
        loop {
            let look = async {
                self.look(&mut seen);
                Ok(())
            };
            if !rounds.next(look).await? {
                self.look(&mut seen);
                return Ok(());
            }
        }
    }

    fn look(&self, seen: &mut Seen) {
        let metrics = &self.messages.metrics;
        if let Some(drops) =
            TABLES.iter().find_map(|table| drops_of(&fs::read_to_string(table).ok()?, self.inode))
        {
            // The counter of the kernel wraps around.
            metrics.dropped_by_kernel.inc_by(drops.wrapping_sub(seen.by_kernel).into());
            seen.by_kernel = drops;
        }
        let total = metrics.dropped_by_kernel.get() + metrics.dropped_when_full.get();
        match seen.recent(total) {
            0 => self.notice.clear(),
            recent => self.notice.set(format_args!(
                "{} datagrams of syslog dropped in the last minute: they come faster than they are published",
                Grouped(recent)
            )),
        }
    }
}

/// What was dropped by the last look.
#[derive(Default)]
struct Seen {
    by_kernel: u32,
    total: u64,
    recent: u64,
    looks_since: u32,
}

impl Seen {
    /// How many were dropped since a minute without a drop, given the total.
    fn recent(&mut self, total: u64) -> u64 {
        if total > self.total {
            (self.recent, self.looks_since) = (self.recent + total - self.total, 0);
        } else {
            self.looks_since += 1;
            if self.looks_since >= SHOWN_FOR {
                self.recent = 0;
            }
        }
        self.total = total;
        self.recent
    }
}

/// The drops of the socket with this inode in a table of sockets.
fn drops_of(table: &str, inode: u64) -> Option<u32> {
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<_> = line.split_ascii_whitespace().collect();
        let is_it = columns.get(INODE)?.parse() == Ok(inode);
        if is_it { columns.get(DROPS)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syslog::sockets::bind_udp;

    #[test]
    fn drops_are_those_of_the_socket_with_its_inode() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             1: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41 2 0000000000000000 7\n\
             2: 0100007F:158B 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 42 2 0000000000000000 13\n";
        assert_eq!((drops_of(table, 42), drops_of(table, 41), drops_of(table, 7)), (Some(13), Some(7), None));
    }

    #[test]
    fn the_kernel_counts_what_a_full_buffer_has_no_room_for() {
        let socket = bind_udp("ingest.syslog.udp", "127.0.0.1:0".parse().unwrap(), 65_536).unwrap();
        let inode = fstat(socket.as_fd()).unwrap().st_ino;
        let drops = || TABLES.iter().find_map(|table| drops_of(&fs::read_to_string(table).unwrap(), inode));
        assert_eq!(drops(), Some(0));
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..1_000 {
            sender.send_to(&[b'x'; 1_000], socket.local_addr().unwrap()).unwrap();
        }
        assert!(drops() > Some(0), "{:?}", drops());
    }

    #[test]
    fn a_drop_is_shown_for_a_minute() {
        let mut seen = Seen::default();
        assert_eq!((seen.recent(0), seen.recent(3), seen.recent(5)), (0, 3, 5));
        assert!((1..SHOWN_FOR).all(|_| seen.recent(5) == 5));
        assert_eq!((seen.recent(5), seen.recent(6)), (0, 1));
    }
}
