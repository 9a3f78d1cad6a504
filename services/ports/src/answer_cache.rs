//! Keeps answers to queries for a while.

use crate::PortError;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

/// Longest key, in bytes.
pub const MAX_ANSWER_KEY_BYTES: usize = 512;
/// Largest answer, in bytes; a larger one is not kept.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Longest time that an answer is kept.
pub const MAX_ANSWER_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// Most bytes of all answers in memory; beyond it, the oldest go first. On an engine its own limit applies.
pub const MAX_ANSWERS_BYTES: usize = 32 << 20;

/// A cache of answers, shared by all processes that use the same engine. Any of them may be lost at any time.
#[async_trait]
pub trait AnswerCache: Send + Sync {
    /// The answer that was kept under `key`, until its time to live has passed.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError>;

    /// Keeps an answer, in place of an earlier one. One that exceeds a limit is not kept.
    async fn put(&self, key: &str, answer: Bytes, ttl: Duration) -> Result<(), PortError>;
}
