//! A proxy to the broker that damages some records.

use std::io::{Read as _, Result, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// What the proxy damages: one byte of it.
pub(crate) const FRAGILE: &[u8] = b"fragile";

/// Starts a proxy to the broker at `HOST:PORT`; returns its address. It lasts as long as the process.
pub(crate) fn way_to(broker: &str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let way = listener.local_addr().unwrap();
    let broker = broker.to_owned();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(&broker).unwrap());
            let (asking, asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut &asking, &mut &asked));
            let address = Address { broker: port(&broker), way: way.port() };
            thread::spawn(move || address.answer(server, client));
        }
    });
    way.to_string()
}

fn port(address: &str) -> u16 {
    address.rsplit_once(':').unwrap().1.parse().unwrap()
}

/// The broker advertises its own address: clients must not bypass the proxy.
#[derive(Clone, Copy)]
struct Address {
    broker: u16,
    way: u16,
}

impl Address {
    /// Forwards answers until one side closes.
    fn answer(self, mut server: TcpStream, mut client: TcpStream) -> Result<()> {
        loop {
            let mut length = [0; 4];
            server.read_exact(&mut length)?;
            let mut answer = vec![0; u32::from_be_bytes(length) as usize];
            server.read_exact(&mut answer)?;
            replace(&mut answer, &told(self.broker), &told(self.way));
            replace(&mut answer, FRAGILE, b"Fragile");
            client.write_all(&length)?;
            client.write_all(&answer)?;
        }
    }
}

/// How a broker advertises its address.
fn told(port: u16) -> Vec<u8> {
    [b"127.0.0.1".as_slice(), &u32::from(port).to_be_bytes()].concat()
}

fn replace(answer: &mut [u8], what: &[u8], by: &[u8]) {
    let mut at = 0;
    while let Some(found) = answer[at..].windows(what.len()).position(|window| window == what) {
        answer[at + found..at + found + what.len()].copy_from_slice(by);
        at += found + what.len();
    }
}
