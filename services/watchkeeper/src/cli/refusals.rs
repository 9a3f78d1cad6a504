//! `watchkeeper refusals`.

use super::{Output, Server};
use clap::Args;

/// Printed after the options.
const EXPLANATION: &str = "\
Lists what ingest has refused since it started, by client and reason: samples that are not valid, too old, from the \
future, or of too many series. The client has learnt of it from the response (400, 207), which many scripts discard. What \
was refused is not kept, and is not on the bus; records that were rejected after they were accepted are dead letters.

If ingest runs in its own process, query that: --url http://127.0.0.1:8462.";

#[derive(Args, Debug)]
#[command(after_help = EXPLANATION)]
pub(crate) struct RefusalsArgs {
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}
