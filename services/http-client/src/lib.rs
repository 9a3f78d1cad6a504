//! An HTTP client: requests, responses, and what an unsuccessful response means.
//!
//! An [`HttpClient`] sends an [`HttpRequest`] on a blocking thread ([`Threads`]), and returns an [`HttpAnswer`] or an
//! [`HttpError`]. For more control over connections, build an [`agent`].
//!
//! Connections go to the first address that answers, never through a proxy of the environment, and certificates are judged
//! by [`Trust`].

mod access;
mod answer;
mod client;
mod connect;
mod error;
mod p521;
mod request;
mod retry_after;
mod threads;
mod transport;
mod trust;

pub use access::{Access, MAX_HEADER_BYTES, MAX_HEADERS, MAX_USERNAME_BYTES};
pub use answer::HttpAnswer;
pub use client::{HttpClient, agent, agent_config};
pub use connect::{MAX_ADDRESSES, NEXT_ADDRESS_AFTER, NotConnected, connect};
pub use error::{HttpError, describe, describe_io};
pub use request::{HttpRequest, MAX_BODY_BYTES};
pub use threads::{Threads, Turn};
pub use trust::{Judge, Trust};
