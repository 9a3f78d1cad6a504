//! Answers to queries, in memory.

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_ports::{
    AnswerCache, MAX_ANSWER_BYTES, MAX_ANSWER_KEY_BYTES, MAX_ANSWER_TTL, MAX_ANSWERS_BYTES, PortError,
};

/// What an answer takes beside its key and its bytes.
const OVERHEAD_BYTES: usize = 256;

/// Answers in memory: at most [`MAX_ANSWERS_BYTES`], and lost with the process.
pub struct MemoryAnswers {
    answers: Mutex<Answers>,
    max_bytes: usize,
}

impl MemoryAnswers {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self { answers: Mutex::default(), max_bytes: MAX_ANSWERS_BYTES }
    }
}

impl Default for MemoryAnswers {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Default)]
struct Answers {
    by_key: HashMap<Arc<str>, Kept>,
    /// The keys by age.
    by_age: BTreeMap<u64, Arc<str>>,
    puts: u64,
    bytes: usize,
}

struct Kept {
    answer: Bytes,
    expires_at: Instant,
    put: u64,
}

fn cost(key: &str, answer: &Bytes) -> usize {
    // The key is there once, and shared.
    key.len() + answer.len() + OVERHEAD_BYTES
}

impl Answers {
    fn get(&mut self, key: &str, now: Instant) -> Option<Bytes> {
        let kept = self.by_key.get(key)?;
        if kept.expires_at > now {
            return Some(kept.answer.clone());
        }
        self.remove(key);
        None
    }

    fn put(&mut self, key: &str, answer: Bytes, expires_at: Instant) {
        let key: Arc<str> = key.into();
        self.puts += 1;
        self.bytes += cost(&key, &answer);
        self.by_age.insert(self.puts, Arc::clone(&key));
        self.by_key.insert(key, Kept { answer, expires_at, put: self.puts });
    }

    fn remove(&mut self, key: &str) {
        if let Some((key, kept)) = self.by_key.remove_entry(key) {
            self.by_age.remove(&kept.put);
            self.bytes -= cost(&key, &kept.answer);
        }
    }

    fn remove_oldest_beyond(&mut self, max_bytes: usize) {
        while self.bytes > max_bytes
            && let Some((_, key)) = self.by_age.pop_first()
        {
            self.remove(&key);
        }
    }
}

#[async_trait]
impl AnswerCache for MemoryAnswers {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        Ok(self.answers.lock().get(key, Instant::now()))
    }

    async fn put(&self, key: &str, answer: Bytes, ttl: Duration) -> Result<(), PortError> {
        let mut answers = self.answers.lock();
        answers.remove(key);
        if key.len() <= MAX_ANSWER_KEY_BYTES && answer.len() <= MAX_ANSWER_BYTES && !ttl.is_zero() {
            answers.put(key, answer, Instant::now() + ttl.min(MAX_ANSWER_TTL));
            answers.remove_oldest_beyond(self.max_bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(60);

    async fn put(cache: &MemoryAnswers, key: &str, bytes: usize) {
        cache.put(key, Bytes::from(vec![b'x'; bytes]), TTL).await.unwrap();
    }

    async fn kept(cache: &MemoryAnswers, keys: &[&str]) -> Vec<bool> {
        let mut kept = Vec::new();
        for key in keys {
            kept.push(cache.get(key).await.unwrap().is_some());
        }
        kept
    }

    #[tokio::test]
    async fn beyond_the_limit_of_all_answers_the_oldest_go_first() {
        let max_bytes = 2 * (1 + 100 + OVERHEAD_BYTES);
        let cache = MemoryAnswers { max_bytes, ..MemoryAnswers::new() };
        put(&cache, "a", 100).await;
        put(&cache, "b", 100).await;
        // Put again, it is the newest.
        put(&cache, "a", 100).await;
        assert_eq!(kept(&cache, &["a", "b"]).await, [true, true]);
        put(&cache, "c", 100).await;
        assert_eq!(kept(&cache, &["a", "b", "c"]).await, [true, false, true]);
        put(&cache, "d", 2 * 100).await;
        assert_eq!(kept(&cache, &["a", "c", "d"]).await, [false, false, true]);
        let answers = cache.answers.lock();
        assert_eq!((answers.by_age.len(), answers.bytes), (1, 1 + 200 + OVERHEAD_BYTES));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_a_day_at_most() {
        let cache = MemoryAnswers::new();
        cache.put("a", Bytes::from_static(b"x"), Duration::MAX).await.unwrap();
        tokio::time::advance(MAX_ANSWER_TTL.saturating_sub(TTL)).await;
        assert_eq!(kept(&cache, &["a"]).await, [true]);
        tokio::time::advance(TTL).await;
        assert_eq!(kept(&cache, &["a"]).await, [false]);
        assert_eq!(cache.answers.lock().bytes, 0);
    }
}
