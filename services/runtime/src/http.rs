//! What all listeners share: where they may listen, tokens with scopes, limits, guards against cross-site requests,
//! one problem format, and a graceful shutdown.
//!
//! A role builds its [`axum::Router`] (or turns tonic's routes into one), puts
//! [`Access::require`] on its routes, binds with [`Listener::bind`] and hands it to [`Listener::serve`].

mod access;
mod activity;
mod answer_body;
mod authorization;
mod body_limit;
mod checked;
mod connection;
mod fallback;
mod grpc;
mod guard;
mod host;
mod limits;
mod listen;
mod peer_address;
mod problem;
mod problem_page;
mod seats;
mod serve;
mod session;
mod session_key;
pub mod token;
mod watched;

pub use access::{Access, Caller, Require};
pub use body_limit::{BodyLimit, body_limit};
pub use checked::Checked;
pub use grpc::grpc_status;
pub use limits::Limits;
pub use listen::{ListenError, Listener, can_be_reached};
pub use peer_address::PeerAddress;
pub use problem::{FieldError, MAX_FIELD_ERRORS, PROBLEM_JSON, Problem, RETRY_UNAVAILABLE};
pub use problem_page::ProblemPage;
pub use session::{SESSION, SESSION_KEY_BYTES};
pub use session_key::session_key;
pub use token::{Scope, Tokens};
