//! MongoDB or FerretDB if on PATH, else a small server of the same protocol.

use super::maven::{self, java};
use super::place::Place;
use crate::provide::program;
use anyhow::Context as _;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

pub(super) fn provide() -> anyhow::Result<()> {
    if program("mongod").is_some() { Ok(()) } else { maven::provide() }
}

pub(super) fn prepare(place: &Place) -> anyhow::Result<()> {
    let data = place.data();
    fs::create_dir_all(&data).with_context(|| data.display().to_string())
}

/// `keeps` asks for data that survives a restart; the small server is faster and more reliable without.
pub(super) fn command(place: &Place, keeps: bool) -> Command {
    let (port, data) = (place.port().to_string(), place.data());
    if let Some(mongod) = program("mongod") {
        let mut command = Command::new(mongod);
        command.args(["--bind_ip", "127.0.0.1", "--port", &port]).arg("--dbpath").arg(&data);
        return command;
    }
    let mut server = java("256m");
    server.arg(maven::source().join("MongoProtocolServer.java")).arg(port);
    if keeps {
        server.arg(data.join("mongo.mv"));
    }
    server
}

pub(super) fn answers(place: &Place) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, place.port())).is_ok()
}
