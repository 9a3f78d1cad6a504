//! HTTP for sources: what is asked, what is answered, and what an answer means that is no success.

mod answer;
mod client;
mod refusal;
mod request;
#[cfg(test)]
pub(crate) mod served;
mod threads;

pub(crate) use answer::HttpAnswer;
pub(crate) use client::{HttpClient, USER_AGENT, describe};
pub(crate) use request::HttpRequest;
pub use request::MAX_BODY_BYTES;
pub(crate) use threads::{Threads, Turn};
