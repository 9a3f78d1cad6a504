//! Whatever is sent by whatever protocol: the process lives, answers no 5xx, and stores the good events in between.

mod grpc;
mod http;
mod mutations;
mod odd;
mod records;
mod syslog;

use crate::crash::stored_events;
use crate::running::{Up, agent, wait_for};
use grpc::Grpc;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};
use syslog::TlsClient;

/// What the issue asks for.
const FEWEST_INPUTS: usize = 300;
/// The service of the good events; the message of each is its number.
const GOOD: &str = "good";
/// How long the last good events may take.
const STORED_WITHIN: Duration = Duration::from_secs(20);
/// How long a connection may take to be closed by the other side once nothing more comes.
const CLOSES_WITHIN: Duration = Duration::from_secs(10);

/// A hostile input, or a good one.
struct Input {
    name: String,
    by: By,
}

/// How it is sent.
enum By {
    /// A request: path, headers, body.
    Http(&'static str, Vec<(&'static str, &'static str)>, Vec<u8>),
    /// Bytes to the port of HTTP.
    Port(Vec<u8>),
    /// A message of OTLP's export.
    Grpc(Vec<u8>),
    Datagram(Vec<u8>),
    /// All of a connection.
    Stream(Vec<u8>),
    /// Whole lines or counted messages: the good event follows on the same connection.
    Messages(Vec<u8>),
    /// The same within TLS.
    Tls(Vec<u8>),
    /// Bytes to the port of TLS.
    NoTls(Vec<u8>),
}

impl Input {
    fn new(name: impl Into<String>, by: By) -> Self {
        Self { name: name.into(), by }
    }

    /// A good event by the same way.
    fn neighbour(&self, number: u64) -> Self {
        let line = || format!("<14>1 - gate {GOOD} 7 - - {number}\n").into_bytes();
        let by = match &self.by {
            By::Http(path, ..) => {
                By::Http(path, vec![("content-type", "application/json")], http::good(path, number))
            }
            By::Port(_) => By::Http(
                http::EVENTS,
                vec![("content-type", "application/json")],
                http::good(http::EVENTS, number),
            ),
            By::Grpc(_) => By::Grpc(grpc::good(number)),
            By::Datagram(_) => By::Datagram(line()),
            By::Stream(_) => By::Stream(line()),
            By::Messages(before) => By::Stream([&before[..], &line()].concat()),
            By::Tls(_) | By::NoTls(_) => By::Tls(line()),
        };
        Self::new(format!("the neighbour of {}", self.name), by)
    }
}

#[test]
fn hostile_inputs_over_every_protocol_end_nothing_answer_no_5xx_and_cost_no_good_event_in_between() {
    let dir = tempfile::tempdir().unwrap();
    let of_bus = records::inputs();
    let mut good = BTreeSet::new();
    records::put_on_the_bus(dir.path(), &of_bus, &mut good);
    let mut inputs = [http::inputs(), grpc::inputs(), syslog::inputs()].concat_all();
    inputs.extend(mutations::of_each_protocol());

    let target = Target::start(dir.path());
    let mut names = BTreeMap::new();
    for input in &inputs {
        let number = good.len() as u64;
        let neighbour = input.neighbour(number);
        target.send(input);
        target.send_good(&neighbour);
        good.insert(number);
        names.insert(number, neighbour.name);
    }
    assert!(inputs.len() + of_bus.len() >= FEWEST_INPUTS, "{} and {}", inputs.len(), of_bus.len());
    let stored = || stored_events(dir.path(), GOOD);
    let give_up = Instant::now() + STORED_WITHIN;
    let lost: Vec<_> = wait_for("the good events to be stored", || {
        let stored = stored();
        let lost: Vec<_> = good.iter().filter(|number| !stored.contains_key(number)).collect();
        (lost.is_empty() || Instant::now() > give_up)
            .then(|| lost.iter().map(|number| names.get(number)).collect())
    });
    assert!(lost.is_empty(), "lost: {lost:?}");
    let log = target.stop();
    let stored = stored();
    assert!(stored.keys().eq(&good), "nothing else is good");
    let twice: Vec<_> = stored.iter().filter(|(_, count)| **count != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let panicked = log.lines().find(|line| line.contains("panicked"));
    assert_eq!(panicked, None, "a line of a panic");
    println!(
        "{} inputs and {} records on the bus; {} good events, each once",
        inputs.len(),
        of_bus.len(),
        good.len()
    );
}

/// Puts lists one behind the other.
trait ConcatAll<T> {
    fn concat_all(self) -> Vec<T>;
}

impl<T, const N: usize> ConcatAll<T> for [Vec<T>; N] {
    fn concat_all(self) -> Vec<T> {
        self.into_iter().flatten().collect()
    }
}

/// A running `up` that takes every protocol.
struct Target {
    up: Up,
    http: String,
    udp: UdpSocket,
    syslog: SocketAddr,
    tls: TlsClient,
    grpc: Grpc,
    log: PathBuf,
}

impl Target {
    fn start(dir: &Path) -> Self {
        let tls = TlsClient::with_identity_in(dir);
        let syslog = unused_address();
        let tls_address = SocketAddr::new(syslog.ip(), syslog.port() + 1);
        let config = dir.join("watchkeeper.toml");
        let dir_name = dir.display();
        let text = format!(
            "[ingest.syslog]\nudp = \"{syslog}\"\ntcp = \"{syslog}\"\ntls = \"{tls_address}\"\n\
             tls_cert_file = \"{dir_name}/cert.pem\"\ntls_key_file = \"{dir_name}/key.pem\"\n"
        );
        fs::write(&config, text).unwrap();
        fs::set_permissions(&config, Permissions::from_mode(0o600)).unwrap();
        let log = dir.join("log");
        let stderr = File::create(&log).unwrap();
        let up = Up::start_with(dir, |command| {
            command.arg("--config").arg(&config).stderr(stderr);
        });
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.connect(syslog).unwrap();
        let http = up.url.trim_start_matches("http://").to_owned();
        let grpc = Grpc::to(&up.grpc);
        Self { up, http, udp, syslog, tls: tls.to(tls_address), grpc, log }
    }

    /// Sends it, and looks that the answer, if there is one, is no 5xx.
    fn send(&self, input: &Input) {
        let name = &input.name;
        match &input.by {
            By::Http(path, headers, body) => {
                // One that is refused while it is still being sent may not see the answer.
                let status = self.post(path, headers, body).unwrap_or(0);
                assert!(status < 500, "{name}: {status}");
            }
            By::Port(bytes) => {
                let answer = exchange(&self.http, bytes);
                assert!(!answer.starts_with("HTTP/1.1 5"), "{name}: {answer}");
            }
            By::Grpc(message) => {
                let code = self.grpc.export(message);
                let is_theirs = !matches!(code, tonic::Code::Internal | tonic::Code::Unknown);
                assert!(is_theirs && code != tonic::Code::Unavailable, "{name}: {code:?}");
            }
            By::Datagram(bytes) => {
                // One that no datagram can hold is not sent.
                let _ = self.udp.send(&bytes[..bytes.len().min(syslog::MAX_DATAGRAM)]);
            }
            // Sent with its neighbour.
            By::Messages(_) => {}
            By::Stream(bytes) => drop(exchange(&self.syslog.to_string(), bytes)),
            By::Tls(bytes) => self.tls.send(bytes),
            By::NoTls(bytes) => drop(exchange(&self.tls.address.to_string(), bytes)),
        }
    }

    /// Sends an event that must be taken.
    fn send_good(&self, input: &Input) {
        match &input.by {
            By::Http(path, headers, body) => {
                let status = self.post(path, headers, body).expect("a good request is answered");
                assert!((200..300).contains(&status), "{}: {status}", input.name);
            }
            By::Grpc(message) => assert_eq!(self.grpc.export(message), tonic::Code::Ok, "{}", input.name),
            By::Datagram(_) => {
                // The kernel keeps only so many.
                let before = self.datagrams();
                self.send(input);
                wait_for("the datagram to be read", || (self.datagrams() > before).then_some(()));
            }
            _ => self.send(input),
        }
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<u16> {
        let request = agent().post(format!("{}{path}", self.up.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send(body).ok().map(|answer| answer.status().as_u16())
    }

    /// How many were received.
    fn datagrams(&self) -> u64 {
        let metrics = self.up.get("/metrics");
        let mut lines = metrics.lines();
        let counted = "watchkeeper_ingest_syslog_messages_total{protocol=\"udp\"";
        lines
            .find(|line| line.starts_with(counted))
            .map_or(0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
    }

    /// Stops it, which goes well, and gives its log.
    fn stop(self) -> String {
        assert!(self.up.stop().success());
        fs::read_to_string(&self.log).unwrap()
    }
}

/// Sends all that a connection has, and reads until it is closed.
fn exchange(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(CLOSES_WITHIN)).unwrap();
    let mut answer = Vec::new();
    // It may be closed before all is sent.
    if stream.write_all(bytes).is_ok() {
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut answer);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// One of loopback that, as good as certainly, nobody else has.
fn unused_address() -> SocketAddr {
    let [.., high, low] = process::id().to_be_bytes();
    SocketAddr::from((Ipv4Addr::new(127, high, low, 254), 5514))
}
