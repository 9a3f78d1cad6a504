//! Listening sockets that systemd keeps while the process is restarted.

use crate::running::{PATIENCE, Process};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use tempfile::TempDir;

/// Passes at most two sockets, which it gets as stdin and stdout, as systemd does. Its own process becomes the program.
const PASS: &str = "exec 3<&0 4<&1 0</dev/null 1>/dev/null; LISTEN_PID=$$; export LISTEN_PID; exec \"$@\"";

/// What systemd does for a unit with `FileDescriptorStoreMax=`.
struct Systemd {
    dir: TempDir,
    notified: UnixDatagram,
    /// The file descriptor store, by FDNAME.
    store: BTreeMap<String, OwnedFd>,
}

impl Systemd {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let notified = UnixDatagram::bind(dir.path().join("notify")).unwrap();
        notified.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { dir, notified, store: BTreeMap::new() }
    }

    /// Starts `up`, and passes it all that is stored.
    fn start(&self, http: SocketAddr, grpc: SocketAddr) -> Process {
        let sockets: Vec<_> = self.store.iter().collect();
        let names: Vec<_> = sockets.iter().map(|(name, _)| name.as_str()).collect();
        let mut passed = sockets.iter().map(|(_, fd)| Stdio::from(fd.try_clone().unwrap()));
        let mut command = Command::new("sh");
        command.args(["-c", PASS, "sh", env!("CARGO_BIN_EXE_watchkeeper"), "up"]);
        command.args(["--http", &http.to_string(), "--grpc", &grpc.to_string(), "--data-dir"]);
        command.arg(self.dir.path().join("data")).env("NOTIFY_SOCKET", self.dir.path().join("notify"));
        if !sockets.is_empty() {
            command.env("LISTEN_FDS", sockets.len().to_string()).env("LISTEN_FDNAMES", names.join(":"));
        }
        command.stdin(passed.next().unwrap_or_else(Stdio::null));
        command.stdout(passed.next().unwrap_or_else(Stdio::null));
        command.stderr(fs::File::create(self.dir.path().join("log")).unwrap());
        Process::start(&mut command)
    }

    /// Takes messages until the process is ready; returns what it said of the store.
    fn until_ready(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let (message, mut sockets) = self.receive();
            let value =
                |key: &str| message.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
            if let Some(name) = value("FDNAME=") {
                if message.contains("FDSTOREREMOVE=1\n") {
                    said.push(format!("-{name}"));
                    self.store.remove(&name);
                } else {
                    assert!(message.contains("FDSTORE=1\n") && sockets.len() == 1, "{message}");
                    said.push(format!("+{name}"));
                    self.store.extend(sockets.pop().map(|socket| (name, socket)));
                }
            }
            if message.contains("READY=1\n") {
                return said;
            }
        }
    }

    fn receive(&self) -> (String, Vec<OwnedFd>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut passed = RecvAncillaryBuffer::new(&mut space);
        let mut message = [0; 4096];
        let length = {
            let mut buffers = [IoSliceMut::new(&mut message)];
            recvmsg(&self.notified, &mut buffers, &mut passed, RecvFlags::CMSG_CLOEXEC).unwrap().bytes
        };
        let sockets = passed.drain().filter_map(|part| match part {
            RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
            _ => None,
        });
        (String::from_utf8(message[..length].to_vec()).unwrap(), sockets.flatten().collect())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }
}

/// An address that no other test has.
fn address(host: u8, port: u16) -> SocketAddr {
    let [.., high, low] = process::id().to_be_bytes();
    SocketAddr::from(([127, high, low, host], port))
}

fn name(address: SocketAddr) -> String {
    format!("watchkeeper-{}", address.to_string().replace(':', "_"))
}

/// Sends a request on a connection of its own.
fn ask(address: SocketAddr) -> io::Result<TcpStream> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(connection, "GET /livez HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    Ok(connection)
}

fn is_answered(mut connection: TcpStream) -> io::Result<()> {
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(io::Error::other(answer)) }
}

#[test]
fn neither_a_restart_nor_a_crash_refuses_a_connection() {
    const CLIENTS: usize = 4;
    let mut systemd = Systemd::new();
    let (http, grpc) = (address(89, 8460), address(89, 8461));
    let first = systemd.start(http, grpc);
    let both = [name(http), name(grpc)];
    assert_eq!(systemd.until_ready(), both.each_ref().map(|name| format!("+{name}")));

    let (is_over, (answered, answers)) = (AtomicBool::new(false), sync_channel(0));
    let second = thread::scope(|scope| {
        let clients = [(); CLIENTS].map(|()| {
            let (answered, is_over) = (answered.clone(), &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    ask(http).and_then(is_answered).unwrap();
                    let _ = answered.try_send(());
                }
            })
        });
        let more = || answers.recv_timeout(PATIENCE).expect("requests are answered");
        more();
        assert!(first.stop_within(PATIENCE).success());
        // Nobody has these sockets now but systemd.
        let second = systemd.start(http, grpc);
        assert_eq!(systemd.until_ready(), [""; 0], "nothing is stored twice: {}", systemd.log());
        (0..CLIENTS * 10).for_each(|_| more());
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().unwrap();
        }
        second
    });

    second.kill();
    let waiting = ask(http).unwrap();
    let third = systemd.start(http, grpc);
    is_answered(waiting).unwrap();
    assert_eq!(systemd.until_ready(), [""; 0]);
    assert!(third.stop_within(PATIENCE).success());
}

#[test]
fn a_socket_at_an_address_that_was_changed_is_closed_and_the_new_one_kept() {
    let mut systemd = Systemd::new();
    let (old, new, grpc) = (address(90, 8460), address(90, 9460), address(90, 8461));
    let first = systemd.start(old, grpc);
    systemd.until_ready();
    assert!(first.stop_within(PATIENCE).success());
    let second = systemd.start(new, grpc);
    assert_eq!(systemd.until_ready(), [format!("-{}", name(old)), format!("+{}", name(new))]);
    assert!(TcpStream::connect(old).is_err(), "it is refused at once");
    ask(new).and_then(is_answered).unwrap();
    assert!(second.stop_within(PATIENCE).success());
}

#[test]
fn the_socket_of_a_unit_is_taken_and_one_that_no_listener_wants_is_refused_with_both_addresses() {
    let mut systemd = Systemd::new();
    let (http, grpc) = (address(91, 8460), address(91, 8461));
    let socket = TcpListener::bind(http).unwrap();
    systemd.store.insert("web.socket".to_owned(), socket.into());
    let waiting = ask(http).unwrap();
    let running = systemd.start(http, grpc);
    is_answered(waiting).unwrap();
    assert_eq!(systemd.until_ready(), [format!("+{}", name(grpc))], "systemd has the other one itself");
    assert!(running.stop_within(PATIENCE).success());

    systemd.store.remove(&name(grpc));
    let status = systemd.start(address(91, 9460), grpc).wait();
    let log = systemd.log();
    assert_eq!(status.code(), Some(78), "{log}");
    for part in ["web.socket".to_owned(), http.to_string(), "`--http` = ".to_owned(), grpc.to_string()] {
        assert!(log.contains(&part), "{part}: {log}");
    }
}
