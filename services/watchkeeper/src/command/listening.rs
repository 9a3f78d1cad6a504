//! The listeners of a process that starts.

use super::refused::Refused;
use anyhow::Context as _;
use std::net::SocketAddr;
use watchkeeper_runtime::Sockets;
use watchkeeper_runtime::http::{Access, ListenError, Listener};

/// Takes the sockets that systemd has passed to this process. Call it before threads start.
pub(super) fn passed_sockets() -> anyhow::Result<Sockets> {
    Sockets::take_passed().context("cannot take the sockets that systemd passes")
}

/// Listens on this address, which the configuration key names, on a socket of systemd if there is one.
pub(super) async fn listen_on(
    (key, address): (&str, SocketAddr),
    access: &Access,
    sockets: &mut Sockets,
) -> anyhow::Result<Listener> {
    let listener = Listener::take_or_bind(key, address, access, sockets).await;
    listener.map_err(|error| match error {
        // An address that is in use may be free at the next start.
        ListenError::InUse { .. } | ListenError::Refused { .. } => error.into(),
        ListenError::NoTokens { .. } => Refused::because(error).into(),
    })
}
