//! What every [`AnswerCache`] promises.
//!
//! An engine expires answers by its own clock, so these tests use real time.

use crate::samples::ODD_TEXT;
use crate::{Fixture, soon, suite};
use bytes::Bytes;
use std::time::Duration;
use watchkeeper_ports::{AnswerCache, MAX_ANSWER_BYTES, MAX_ANSWER_KEY_BYTES};

suite!(($) answer_cache_contract, answer_cache, [
    an_answer_is_kept_under_its_key,
    an_answer_replaces_an_earlier_one,
    an_answer_is_gone_after_its_time_to_live,
    an_answer_lives_anew_when_it_is_put_again,
    an_answer_without_time_to_live_is_not_kept,
    keys_and_answers_up_to_the_limits_are_kept_and_larger_ones_are_not,
    an_answer_of_any_bytes_comes_back_exactly,
]);

const LONG: Duration = Duration::from_secs(3_600);
/// Short enough to wait for.
const SHORT: Duration = Duration::from_millis(50);

async fn put(cache: &dyn AnswerCache, key: &str, answer: &'static [u8], ttl: Duration) {
    cache.put(key, Bytes::from_static(answer), ttl).await.unwrap();
}

async fn get(cache: &dyn AnswerCache, key: &str) -> Option<Bytes> {
    cache.get(key).await.unwrap()
}

async fn gone(cache: &dyn AnswerCache, key: &str) {
    soon(async {
        while get(cache, key).await.is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

pub async fn an_answer_is_kept_under_its_key<F: Fixture<dyn AnswerCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    assert_eq!(get(&*cache, "a").await, None);
    put(&*cache, "a", b"one", LONG).await;
    put(&*cache, "A", b"two", LONG).await;
    assert_eq!(get(&*cache, "a").await.as_deref(), Some(&b"one"[..]));
    assert_eq!(get(&*cache, "A").await.as_deref(), Some(&b"two"[..]));
    assert_eq!(get(&*cache, "b").await, None);
}

pub async fn an_answer_replaces_an_earlier_one<F: Fixture<dyn AnswerCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    put(&*cache, "a", b"one", LONG).await;
    put(&*cache, "a", b"", LONG).await;
    assert_eq!(get(&*cache, "a").await, Some(Bytes::new()));
}

pub async fn an_answer_is_gone_after_its_time_to_live<F: Fixture<dyn AnswerCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    put(&*cache, "long", b"x", LONG).await;
    put(&*cache, "short", b"x", SHORT).await;
    gone(&*cache, "short").await;
    assert!(get(&*cache, "long").await.is_some());
}

pub async fn an_answer_lives_anew_when_it_is_put_again<F: Fixture<dyn AnswerCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    put(&*cache, "a", b"x", SHORT).await;
    put(&*cache, "a", b"x", LONG).await;
    // One that was put later with the first time to live.
    put(&*cache, "b", b"x", SHORT).await;
    gone(&*cache, "b").await;
    assert!(get(&*cache, "a").await.is_some());
}

pub async fn an_answer_without_time_to_live_is_not_kept<F: Fixture<dyn AnswerCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    put(&*cache, "a", b"x", Duration::ZERO).await;
    assert_eq!(get(&*cache, "a").await, None);
}

pub async fn keys_and_answers_up_to_the_limits_are_kept_and_larger_ones_are_not<
    F: Fixture<dyn AnswerCache>,
>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    let key = |bytes: usize| "k".repeat(bytes);
    let answer = |bytes: usize| Bytes::from(vec![b'x'; bytes]);
    for (key, bytes, expected) in [
        (key(MAX_ANSWER_KEY_BYTES), 1, true),
        (key(MAX_ANSWER_KEY_BYTES + 1), 1, false),
        (key(1), MAX_ANSWER_BYTES, true),
        (key(2), MAX_ANSWER_BYTES + 1, false),
    ] {
        cache.put(&key, answer(bytes), LONG).await.unwrap();
        let kept = get(&*cache, &key).await;
        assert_eq!(kept.map(|kept| kept.len()), expected.then_some(bytes), "a key of {} bytes", key.len());
    }
}

pub async fn an_answer_of_any_bytes_comes_back_exactly<F: Fixture<dyn AnswerCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(10_000).collect();
    cache.put(ODD_TEXT, bytes.clone().into(), LONG).await.unwrap();
    assert_eq!(get(&*cache, ODD_TEXT).await.as_deref(), Some(&bytes[..]));
}
