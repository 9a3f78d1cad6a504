//! Answers to queries: one Redis key each, which expires by itself.

use crate::cache::RedisCache;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;
use watchkeeper_ports::{AnswerCache, MAX_ANSWER_BYTES, MAX_ANSWER_KEY_BYTES, MAX_ANSWER_TTL, PortError};

/// Redis counts in milliseconds.
const SHORTEST: Duration = Duration::from_millis(1);

#[async_trait]
impl AnswerCache for RedisCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let answer: Option<Vec<u8>> = self.ask(redis::cmd("GET").arg(self.keys.answer(key))).await?;
        Ok(answer.map(Bytes::from))
    }

    async fn put(&self, key: &str, answer: Bytes, ttl: Duration) -> Result<(), PortError> {
        let name = self.keys.answer(key);
        if key.len() > MAX_ANSWER_KEY_BYTES || answer.len() > MAX_ANSWER_BYTES || ttl < SHORTEST {
            // An earlier answer is void, too.
            return self.ask(redis::cmd("DEL").arg(name)).await;
        }
        let millis = u64::try_from(ttl.min(MAX_ANSWER_TTL).as_millis()).unwrap_or(u64::MAX);
        self.ask(redis::cmd("SET").arg(name).arg(&answer[..]).arg("PX").arg(millis)).await
    }
}
