//! How often evaluator state is stored.

use std::time::Duration;

/// The shortest wait for more records: the lag of the group is what was consumed since the last store, and should
/// look like that of the other groups.
const AT_LEAST: Duration = Duration::from_secs(1);
/// The longest wait.
const AT_MOST: Duration = Duration::from_secs(10);
/// How many states per second are stored, if storing less often achieves it: for a series with many samples in
/// between, one state is stored.
const MEMORIES_A_SECOND: usize = 1_000;

/// How long to wait before the next store, after one of so many states.
pub(super) fn linger_after(memories: usize) -> Duration {
    let seconds = u64::try_from(memories / MEMORIES_A_SECOND).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).clamp(AT_LEAST, AT_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_there_is_to_store_the_less_often_it_is_stored() {
        let seconds = |memories| linger_after(memories).as_secs();
        assert_eq!([0, 1, 1_999].map(seconds), [1, 1, 1], "a position alone costs next to nothing");
        assert_eq!([2_000, 7_500, 10_000, usize::MAX].map(seconds), [2, 7, 10, 10]);
    }
}
