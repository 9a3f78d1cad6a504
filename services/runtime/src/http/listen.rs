//! Where a listener may listen.

use super::seats::Peer;
use super::{Access, ProblemPage};
use crate::sockets::Sockets;
use std::net::{self, SocketAddr};
use std::{fmt, io};
use tokio::net::{TcpListener, TcpStream};

/// A socket that accepts connections.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    is_open: bool,
    problem_page: Option<ProblemPage>,
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Why a listener cannot start. The text names the key to change.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Other hosts could reach it, and it would accept requests without a token.
    #[error(
        "`{key}` is {address}, which other hosts can reach, but no token is configured: \
         add a [[token]] section with name, scopes and sha256, or listen on 127.0.0.1:{}",
        address.port()
    )]
    NoTokens {
        /// The key of the address.
        key: String,
        /// The address.
        address: SocketAddr,
    },
    /// Another process listens there.
    #[error(
        "`{key}` is {address}, which another process listens on: \
         `ss -ltnp 'sport = :{}'` shows which; stop it or change `{key}`",
        address.port()
    )]
    InUse {
        /// The key of the address.
        key: String,
        /// The address.
        address: SocketAddr,
    },
    /// The system refuses for another reason.
    #[error("`{key}` is {address}: cannot listen on it: {error}{}", hint(error))]
    Refused {
        /// The key of the address.
        key: String,
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        error: io::Error,
    },
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "; a port below 1024 needs the capability CAP_NET_BIND_SERVICE",
        io::ErrorKind::AddrNotAvailable => "; `ip address` shows the addresses of this host",
        _ => "",
    }
}

/// Whether other hosts can reach `address`.
pub fn can_be_reached(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// The rule: a listener that other hosts can reach must have tokens.
fn may_listen(key: &str, address: SocketAddr, is_open: bool) -> Result<(), ListenError> {
    if is_open && can_be_reached(address) {
        return Err(ListenError::NoTokens { key: key.to_owned(), address });
    }
    Ok(())
}

impl Listener {
    /// Listens on `address` (port 0: any free port). `key` is the configuration key of the address, such as
    /// `ingest.listen`; `access` is what guards the routes.
    ///
    /// # Errors
    /// Before anything is bound, if other hosts can reach `address` and `access` has no tokens; or if
    /// the system refuses.
    pub async fn bind(key: &str, address: SocketAddr, access: &Access) -> Result<Self, ListenError> {
        Self::take_or_bind(key, address, access, &mut Sockets::default()).await
    }

    /// The same, but takes the socket of systemd that is bound to `address`, if there is one. A socket that is bound is
    /// kept in `sockets`.
    ///
    /// # Errors
    /// As for [`Self::bind`].
    pub async fn take_or_bind(
        key: &str,
        address: SocketAddr,
        access: &Access,
        sockets: &mut Sockets,
    ) -> Result<Self, ListenError> {
        let is_open = access.is_open();
        may_listen(key, address, is_open)?;
        let socket = match sockets.take(key, address) {
            Some(socket) => adopt(socket),
            None => TcpListener::bind(address).await.inspect(|socket| sockets.keep(address, socket)),
        };
        let bound = socket.and_then(|socket| Ok((socket.local_addr()?, socket)));
        let (address, socket) = bound.map_err(|error| {
            let key = key.to_owned();
            match error.kind() {
                io::ErrorKind::AddrInUse => ListenError::InUse { key, address },
                _ => ListenError::Refused { key, address, error },
            }
        })?;
        Ok(Self { socket, address, is_open, problem_page: None })
    }

    /// The address it listens on, with the actual port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers browsers with this page instead of a problem.
    #[must_use]
    pub fn with_problem_page(self, problem_page: Option<ProblemPage>) -> Self {
        Self { problem_page, ..self }
    }

    pub(super) fn problem_page(&self) -> Option<ProblemPage> {
        self.problem_page.clone()
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(super) async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        self.socket.accept().await.map(|(stream, address)| (stream, Peer::of(address.ip())))
    }
}

fn adopt(socket: net::TcpListener) -> io::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_may_do_without_tokens() {
        for address in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert!(may_listen("api.listen", address.parse().unwrap(), true).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:80", "[::]:80", "192.0.2.7:80", "[2001:db8::1]:80", "[::ffff:192.0.2.7]:80"]
        {
            let address = address.parse().unwrap();
            assert!(may_listen("api.listen", address, false).is_ok(), "{address}");
            let error = may_listen("api.listen", address, true).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`api.listen` is {address}, ")), "{error}");
            assert!(error.contains("[[token]]") && error.contains("127.0.0.1:80"), "{error}");
        }
    }

    #[tokio::test]
    async fn an_address_in_use_says_how_to_find_who_uses_it() {
        let first =
            Listener::bind("api.listen", "127.0.0.1:0".parse().unwrap(), &Access::open()).await.unwrap();
        let error =
            Listener::bind("api.listen", first.address(), &Access::open()).await.unwrap_err().to_string();
        let port = first.address().port();
        assert!(
            error.contains(&format!("ss -ltnp 'sport = :{port}'")) && error.contains("change `api.listen`"),
            "{error}"
        );
    }
}
