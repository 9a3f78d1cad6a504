//! Listening sockets that systemd keeps: those of `.socket` units, and those that a process of this unit has bound before
//! and handed over, so that connections wait over a restart instead of being refused
//! (`sd_listen_fds(3)`, `FDSTORE=1` in `sd_notify(3)`).

use rustix::net::{SocketType, sockopt};
use sd_notify::NotifyState;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, FromRawFd as _, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// What the names of sockets that a process of Watchkeeper has handed over begin with.
const OWN: &str = "watchkeeper-";

/// The sockets of a process: those that systemd has passed to it, and those that it has bound itself.
#[derive(Debug, Default)]
pub struct Sockets {
    passed: Vec<Passed>,
    /// Bound by this process, and not handed to systemd yet.
    bound: Vec<(SocketAddr, OwnedFd)>,
    /// The listeners of this process, by their configuration keys.
    listeners: Vec<(String, SocketAddr)>,
}

/// A file descriptor that systemd has passed.
#[derive(Debug)]
struct Passed {
    /// Of a `.socket` unit the name of the unit, unless it sets `FileDescriptorName=`.
    name: String,
    /// What is wrong with it, if it is not a listening TCP socket.
    socket: Result<(TcpListener, SocketAddr), &'static str>,
}

/// A socket of a `.socket` unit that no listener wants. Its clients would connect, and wait without an answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "systemd passes a socket named {name}, {what}. This process listens on {listeners}: change one of these keys, or \
     ListenStream= of the .socket unit to one of these addresses"
)]
pub struct UnwantedSocket {
    name: String,
    what: String,
    listeners: String,
}

impl Sockets {
    /// Takes the sockets that systemd has passed to this process. Call it before threads start. Only the first call gets
    /// them.
    ///
    /// # Errors
    /// If the variables of `sd_listen_fds(3)` are for this process, but invalid.
    pub fn take_passed() -> io::Result<Self> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Ok(Self::default());
        }
        let passed = sd_notify::listen_fds_with_names()?.map(|(fd, name)| {
            // SAFETY: systemd has passed it to this process, it is open, and nobody else takes it.
            #[expect(unsafe_code, reason = "a descriptor that was inherited has no owner yet")]
            let fd = unsafe { OwnedFd::from_raw_fd(fd) };
            Passed { name, socket: listening(fd) }
        });
        Ok(Self { passed: passed.collect(), ..Self::default() })
    }

    /// The socket for the listener at `address`, if systemd has passed one that is bound to exactly that.
    pub(crate) fn take(&mut self, key: &str, address: SocketAddr) -> Option<TcpListener> {
        self.listeners.push((key.to_owned(), address));
        let is_wanted = |passed: &Passed| passed.socket.as_ref().is_ok_and(|(_, bound)| *bound == address);
        let passed = self.passed.remove(self.passed.iter().position(is_wanted)?);
        passed.socket.ok().map(|(socket, _)| socket)
    }

    /// Notes a socket that this process has bound because there was none. One at any free port is not kept: another
    /// process of this unit would not know it again.
    pub(crate) fn keep(&mut self, wanted: SocketAddr, socket: impl AsFd) {
        if wanted.port() == 0 {
            return;
        }
        match socket.as_fd().try_clone_to_owned() {
            Ok(socket) => self.bound.push((wanted, socket)),
            Err(error) => tracing::warn!(%error, address = %wanted, "cannot keep the socket over a restart"),
        }
    }

    /// Checks, when all listeners have their sockets, that none of a `.socket` unit is left.
    ///
    /// # Errors
    /// If one is.
    pub fn check_all_wanted(&self) -> Result<(), UnwantedSocket> {
        let Some(passed) = self.passed.iter().find(|passed| !passed.is_own()) else { return Ok(()) };
        let listeners: Vec<_> =
            self.listeners.iter().map(|(key, address)| format!("`{key}` = {address}")).collect();
        Err(UnwantedSocket {
            name: passed.name.clone(),
            what: passed.to_string(),
            listeners: listeners.join(" and "),
        })
    }

    /// Hands the sockets that this process has bound to systemd, which keeps them until the unit is stopped, and closes
    /// those of an earlier process that no listener wants any more. Does nothing without systemd; a unit that has no
    /// `FileDescriptorStoreMax=` keeps none.
    pub fn hand_over(self) {
        for Passed { name, socket } in self.passed.into_iter().filter(Passed::is_own) {
            drop(socket);
            tell(&name, sd_notify::notify(&[NotifyState::FdStoreRemove, NotifyState::FdName(&name)]));
        }
        for (address, socket) in self.bound {
            let name = name_of(address);
            let states = [NotifyState::FdStore, NotifyState::FdName(&name)];
            tell(&name, sd_notify::notify_with_fds(&states, &[socket.as_fd()]));
        }
    }
}

impl Passed {
    fn is_own(&self) -> bool {
        self.name.starts_with(OWN) && !self.name.ends_with(".socket")
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Ok((_, address)) => {
                write!(f, "bound to {address}, where nothing listens: its clients would wait for ever")
            }
            Err(what) => write!(f, "which {what}"),
        }
    }
}

/// The name of a socket in systemd's store: names have no colon.
fn name_of(address: SocketAddr) -> String {
    format!("{OWN}{}", address.to_string().replace(':', "_"))
}

/// The listening TCP socket that `fd` is, and its address.
fn listening(fd: OwnedFd) -> Result<(TcpListener, SocketAddr), &'static str> {
    match sockopt::socket_type(&fd) {
        Ok(SocketType::STREAM) => {}
        Ok(_) => return Err("is not for streams: only ListenStream= is supported"),
        Err(_) => return Err("is not a socket"),
    }
    if !sockopt::socket_acceptconn(&fd).unwrap_or(false) {
        return Err("does not listen: Accept=yes is not supported");
    }
    let socket = TcpListener::from(fd);
    let address = socket.local_addr().map_err(|_| "is not for TCP: only IP:PORT and PORT are supported")?;
    Ok((socket, address))
}

fn tell(name: &str, told: io::Result<()>) {
    if let Err(error) = told {
        tracing::warn!(%error, socket = name, "cannot hand a socket to systemd: a restart refuses connections");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::unix::net::UnixListener;

    const UNIT: &str = "watchkeeper-http.socket";

    fn socket() -> (TcpListener, SocketAddr) {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    fn passing(sockets: impl IntoIterator<Item = (String, OwnedFd)>) -> Sockets {
        let passed = sockets.into_iter().map(|(name, fd)| Passed { name, socket: listening(fd) });
        Sockets { passed: passed.collect(), ..Sockets::default() }
    }

    #[test]
    fn a_listener_gets_the_socket_that_is_bound_to_exactly_its_address() {
        let ((one, at_one), (other, at_other)) = (socket(), socket());
        let mut sockets = passing([(name_of(at_one), one.into()), (UNIT.to_owned(), other.into())]);
        let everywhere = SocketAddr::new("0.0.0.0".parse().unwrap(), at_other.port());
        assert!(sockets.take("http.listen", everywhere).is_none());
        for address in [at_other, at_one] {
            let taken = sockets.take("http.listen", address).unwrap();
            assert_eq!(taken.local_addr().unwrap(), address);
            assert!(sockets.take("http.listen", address).is_none(), "it is taken");
        }
        assert_eq!(sockets.check_all_wanted(), Ok(()));
    }

    #[test]
    fn a_socket_of_a_unit_that_no_listener_wants_is_an_error_with_its_address_its_unit_and_the_keys() {
        let (socket, address) = socket();
        let mut sockets = passing([(UNIT.to_owned(), socket.into())]);
        sockets.take("http.listen", "127.0.0.1:8460".parse().unwrap());
        sockets.take("grpc.listen", "[::1]:8461".parse().unwrap());
        assert_eq!(
            sockets.check_all_wanted().unwrap_err().to_string(),
            format!(
                "systemd passes a socket named {UNIT}, bound to {address}, where nothing listens: its clients would wait \
                 for ever. This process listens on `http.listen` = 127.0.0.1:8460 and `grpc.listen` = [::1]:8461: change \
                 one of these keys, or ListenStream= of the .socket unit to one of these addresses"
            )
        );
    }

    #[test]
    fn a_socket_that_was_handed_over_and_is_not_wanted_any_more_is_no_error_and_is_closed() {
        let (socket, address) = socket();
        let sockets = passing([(name_of(address), socket.into())]);
        assert_eq!(sockets.check_all_wanted(), Ok(()));
        sockets.hand_over();
        assert!(TcpListener::bind(address).is_ok(), "nobody has it any more");
    }

    #[test]
    fn what_is_no_listening_tcp_socket_is_refused_with_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (listener, address) = socket();
        let connection = std::net::TcpStream::connect(address).unwrap();
        drop(listener);
        for (fd, expected) in [
            (std::fs::File::open("/dev/null").unwrap().into(), "which is not a socket"),
            (UdpSocket::bind("127.0.0.1:0").unwrap().into(), "which is not for streams: "),
            (connection.into(), "which does not listen: "),
            (UnixListener::bind(dir.path().join("s")).unwrap().into(), "which is not for TCP: "),
        ] {
            let error = passing([(UNIT.to_owned(), fd)]).check_all_wanted().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_was_bound_at_a_fixed_port_is_kept_and_what_was_bound_at_any_free_port_is_not() {
        let ((socket, address), mut sockets) = (socket(), Sockets::default());
        sockets.keep("127.0.0.1:0".parse().unwrap(), &socket);
        assert!(sockets.bound.is_empty());
        sockets.keep(address, &socket);
        assert_eq!(sockets.bound.len(), 1);
    }

    #[test]
    fn a_name_in_the_store_is_valid_and_of_one_address() {
        let names = ["127.0.0.1:8460", "[::1]:8460", "[::]:8460"].map(|at| name_of(at.parse().unwrap()));
        assert_eq!(names, ["watchkeeper-127.0.0.1_8460", "watchkeeper-[__1]_8460", "watchkeeper-[__]_8460"]);
    }
}
