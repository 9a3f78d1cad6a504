//! Promises of every listener, over real sockets.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod access;
mod grpc_timeout;
mod guards;
mod limits;
mod protocols;
mod server;
mod shutdown;
