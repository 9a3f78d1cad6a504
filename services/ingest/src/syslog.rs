//! Syslog over UDP, TCP and TLS.
//!
//! The path of a message: a *socket* → its frame (a datagram is one; a stream is split by `wire::syslog::Framer`) → an
//! event → *pending* with others → published as one batch to topic `events`. A stream is not read while too much is
//! pending, so its sender waits. Datagrams cannot wait: what there is no room for is dropped and counted, by the kernel or
//! here.

mod config;
mod connection;
mod drops;
mod messages;
mod metrics;
mod pending;
mod publish;
mod seats;
mod sockets;
mod stream;
mod tls;
mod udp;

pub use config::SyslogConfig;

use crate::intake::Shared;
use drops::Drops;
use messages::Messages;
use metrics::Protocol;
use publish::Publisher;
use std::net::SocketAddr;
use std::sync::Arc;
use stream::Streams;
use tls::Tls;
use udp::Datagrams;
use watchkeeper_config::Reloadable;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_runtime::role::StartError;
use watchkeeper_runtime::{RoleContext, RoleResult};

/// The listeners of syslog, and the loop that publishes what they receive.
pub struct Syslog {
    datagrams: Option<(Datagrams, Drops)>,
    streams: Vec<Streams>,
    publisher: Publisher,
}

impl Syslog {
    /// Listens on the addresses that are configured; `None` if there are none.
    pub(crate) fn new(
        context: &RoleContext,
        shared: &Arc<Shared>,
        pipelines: &Reloadable<PipelineSet>,
    ) -> Result<Option<Self>, StartError> {
        let current = shared.config.current();
        let listen = current.syslog.listen;
        if listen.is_off() {
            return Ok(None);
        }
        let messages = Arc::new(Messages::new(shared.config.clone(), pipelines.clone(), context.registry())?);
        let datagrams = listen.udp.map(|address| -> Result<_, StartError> {
            let socket = sockets::bind_udp("ingest.syslog.udp", address, listen.receive_buffer)?;
            let drops = Drops::of(&socket, context, Arc::clone(&messages));
            Ok((Datagrams::new(context, socket, Arc::clone(&messages))?, drops))
        });
        let mut streams = Vec::new();
        if let Some(address) = listen.tcp {
            let socket = sockets::bind_tcp("ingest.syslog.tcp", address)?;
            streams.push(Streams::new(context, Protocol::Tcp, socket, None, Arc::clone(&messages))?);
        }
        if let Some(address) = listen.tls {
            let socket = sockets::bind_tcp("ingest.syslog.tls", address)?;
            let tls = Tls::new(shared.config.clone())?;
            streams.push(Streams::new(context, Protocol::Tls, socket, Some(tls), Arc::clone(&messages))?);
        }
        let publisher = Publisher::new(context, Arc::clone(shared), messages);
        Ok(Some(Self { datagrams: datagrams.transpose()?, streams, publisher }))
    }

    /// Where it listens, with the actual ports: UDP, then TCP, then TLS, as far as they are configured.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let datagrams = self.datagrams.iter().map(|(datagrams, _)| datagrams.address());
        datagrams.chain(self.streams.iter().map(Streams::address)).collect()
    }

    /// Receives until the role stops, then publishes what is pending.
    pub async fn run(self) -> RoleResult {
        let Self { datagrams, streams, publisher } = self;
        let datagrams = async {
            if let Some((datagrams, drops)) = datagrams {
                tokio::try_join!(datagrams.run(), drops.run())?;
            }
            Ok(())
        };
        let mut streams = streams.into_iter();
        let (one, other) = (streams.next(), streams.next());
        tokio::try_join!(datagrams, run_if(one), run_if(other), publisher.run())?;
        publisher.flush().await;
        Ok(())
    }
}

async fn run_if(streams: Option<Streams>) -> RoleResult {
    match streams {
        Some(streams) => streams.run().await,
        None => Ok(()),
    }
}
