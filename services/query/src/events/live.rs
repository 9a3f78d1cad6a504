//! The counts of the last minutes, which the processor renews all the time.

use super::kept::Keep as _;
use serde_json::from_slice;
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::event::Count;
use watchkeeper_ports::{AnswerCache, PortError};

/// How far they reach back.
const REACHES_BACK: Duration = Duration::from_secs(5 * 60);
/// How long they are kept when nobody renews them: then nobody processes events.
const TTL: Duration = Duration::from_secs(30);

/// The counts of the last minutes, in the [`AnswerCache`].
#[derive(Clone, Copy, Debug)]
pub struct LiveCounts;

impl LiveCounts {
    /// The key of the answer.
    pub const KEY: &'static str = "events-live-1";

    /// The minutes that are counted at `now`; this one, too.
    pub fn range(now: Timestamp) -> Range<Timestamp> {
        let minute = Duration::from_secs(60);
        now.minus(REACHES_BACK).window_start(minute)..now.plus(minute)
    }

    /// Keeps the counts of [`Self::range`].
    ///
    /// # Errors
    /// Those of [`AnswerCache::put`].
    pub async fn put(answers: &dyn AnswerCache, counts: &Vec<Count>) -> Result<(), PortError> {
        answers.put(Self::KEY, counts.to_json().to_string().into(), TTL).await
    }

    /// The counts that were kept last; `None` if there are none.
    ///
    /// # Errors
    /// Those of [`AnswerCache::get`].
    pub async fn get(answers: &dyn AnswerCache) -> Result<Option<Vec<Count>>, PortError> {
        let kept = answers.get(Self::KEY).await?;
        Ok(kept.and_then(|kept| Vec::from_json(from_slice(&kept).ok()?)))
    }
}
