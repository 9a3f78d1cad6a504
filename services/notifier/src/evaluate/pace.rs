//! How often what the rules remember is stored.

use std::time::Duration;

/// How long what was taken waits at least for more: the lag of the group is what was taken since the last store, and is to
/// look like that of the other groups.
const AT_LEAST: Duration = Duration::from_secs(1);
/// How long it waits at most.
const AT_MOST: Duration = Duration::from_secs(10);
/// How many memories a second are stored, if storing less often can keep it so: of a series that has many samples in between
/// one is stored.
const MEMORIES_A_SECOND: usize = 1_000;

/// How long to wait before the next store, after one of so many memories.
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
