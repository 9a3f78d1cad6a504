//! Asking servers over HTTP: what is asked, what is answered, and what an answer means that is no success.
//!
//! An [`HttpClient`] sends an [`HttpRequest`] on a thread that may block ([`Threads`]), and gives an [`HttpAnswer`] or
//! an [`HttpError`]. Who needs more of a connection than that builds an agent of its own on [`agent_config`].

mod answer;
mod client;
mod error;
mod request;
mod retry_after;
#[cfg(test)]
mod served;
mod threads;

pub use answer::HttpAnswer;
pub use client::{HttpClient, agent_config};
pub use error::{HttpError, describe};
pub use request::{HttpRequest, MAX_BODY_BYTES};
pub use threads::{Threads, Turn};
