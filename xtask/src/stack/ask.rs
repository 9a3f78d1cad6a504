//! A small request to an engine, to see whether it responds.

use super::place::Place;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// Timeout of the response.
const WITHIN: Duration = Duration::from_secs(2);

/// The first bytes of the response to `request`; `None` if they do not arrive in time.
pub(super) fn ask<const BYTES: usize>(place: &Place, request: &[u8]) -> Option<[u8; BYTES]> {
    exchange(place.port(), request).ok()
}

fn exchange<const BYTES: usize>(port: u16, request: &[u8]) -> io::Result<[u8; BYTES]> {
    let mut engine = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    engine.set_read_timeout(Some(WITHIN))?;
    engine.write_all(request)?;
    let mut answer = [0; BYTES];
    engine.read_exact(&mut answer)?;
    Ok(answer)
}
