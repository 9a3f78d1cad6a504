//! The name server that this host uses.

use std::net::{IpAddr, Ipv4Addr};

const PATH: &str = "/etc/resolv.conf";
/// Most bytes of the file that are looked at.
const MAX_BYTES: usize = 64 * 1024;

/// The first server of `/etc/resolv.conf`; without one, this host itself, as of resolv.conf(5).
pub(super) async fn first_server() -> IpAddr {
    let text = tokio::fs::read(PATH).await.unwrap_or_default();
    first_of(&String::from_utf8_lossy(&text[..text.len().min(MAX_BYTES)]))
        .unwrap_or(Ipv4Addr::LOCALHOST.into())
}

fn first_of(text: &str) -> Option<IpAddr> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let is_server = words.next() == Some("nameserver");
        // A zone (`fe80::1%eth0`) cannot be kept in an address.
        words.next().filter(|_| is_server)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_usable_server_is_taken() {
        let text = "# nameserver 192.0.2.9\nsearch x.test\nnameserver fe80::1%eth0\nnameserver 192.0.2.1\n\
                    nameserver 192.0.2.2\n";
        assert_eq!(first_of(text), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(first_of("nameserver\t::1 \n"), Some("::1".parse().unwrap()));
        assert_eq!(first_of("options edns0"), None);
    }
}
