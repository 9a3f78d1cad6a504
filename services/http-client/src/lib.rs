//! An HTTP client: requests, responses, and what an unsuccessful response means.
//!
//! An [`HttpClient`] sends an [`HttpRequest`] on a blocking thread ([`Threads`]), and returns an [`HttpAnswer`] or an
//! [`HttpError`]. For more control over connections, build an agent on [`agent_config`].

mod answer;
mod client;
mod error;
mod request;
mod retry_after;
mod threads;

pub use answer::HttpAnswer;
pub use client::{HttpClient, agent_config};
pub use error::{HttpError, describe, describe_io};
pub use request::{HttpRequest, MAX_BODY_BYTES};
pub use threads::{Threads, Turn};
