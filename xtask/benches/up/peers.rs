//! The other targets of mixed probes: a TCP port and a DNS server.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;

/// Largest query taken, in bytes (RFC 1035).
const MAX_QUERY_BYTES: usize = 512;
/// Length of the header of a DNS message, in bytes.
const HEADER_BYTES: usize = 12;
/// Type and class of a question, in bytes.
const TYPE_AND_CLASS_BYTES: usize = 4;
/// The address 192.0.2.1 for the name in the question, for a minute.
const ANSWER: [u8; 16] = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];

/// Accepts connections and closes them, until the process ends.
pub(crate) fn accept_all() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || listener.incoming().for_each(drop));
    Ok(address)
}

/// Answers each DNS query with one address, until the process ends.
pub(crate) fn resolve_all() -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let address = socket.local_addr()?;
    thread::spawn(move || {
        let mut query = [0; MAX_QUERY_BYTES];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            if let Some(response) = response(&query[..length]) {
                let _ = socket.send_to(&response, from);
            }
        }
    });
    Ok(address)
}

/// The response to a query with one question; without the additional records of the query.
fn response(query: &[u8]) -> Option<Vec<u8>> {
    let name_ends = HEADER_BYTES + query.get(HEADER_BYTES..)?.iter().position(|byte| *byte == 0)? + 1;
    let mut response = query.get(..name_ends + TYPE_AND_CLASS_BYTES)?.to_vec();
    // A response without error, with one question and one answer.
    response[2..HEADER_BYTES].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    response.extend(ANSWER);
    Some(response)
}
