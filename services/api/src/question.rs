//! Limits of queries, the same over HTTP and gRPC. The queries are those of [`watchkeeper_query`].
//!
//! A [`Violation`] names a field as in the domain (`labels.host`, `limit`); each protocol translates it to its own
//! spelling.

pub(crate) use watchkeeper_query::instant;

use std::time::Duration;
use watchkeeper_domain::Violation;
use watchkeeper_query::{
    DEFAULT_BARS, DEFAULT_EVENTS, DEFAULT_TOP, MAX_AROUND, MAX_BARS, MAX_EVENTS, MAX_TOP,
};

/// Series on a page of series or latest samples.
pub(crate) const PAGE_SERIES: Count = Count { default: 100, most: 1_000 };
/// Samples among the newest.
pub(crate) const NEWEST_SAMPLES: Count = Count { default: 20, most: 10_000 };
/// Dead letters on a page.
pub(crate) const PAGE_LETTERS: Count = Count { default: 50, most: 500 };
/// Alerts on a page.
pub(crate) const PAGE_ALERTS: Count = Count { default: 100, most: 1_000 };
/// Notifications in one response. Few, because each is read with its full text.
pub(crate) const NEWEST_NOTIFICATIONS: Count = Count { default: 20, most: 200 };
/// Events on a page.
pub(crate) const PAGE_EVENTS: Count = Count { default: DEFAULT_EVENTS, most: MAX_EVENTS };
/// Neighbours on each side of an event.
pub(crate) const AROUND: Count = Count { default: 0, most: MAX_AROUND };
/// Bars of a histogram.
pub(crate) const BARS: Count = Count { default: DEFAULT_BARS, most: MAX_BARS };
/// Values of a field.
pub(crate) const TOP_VALUES: Count = Count { default: DEFAULT_TOP, most: MAX_TOP };
/// Default length of a range.
pub(crate) const DEFAULT_RANGE: Duration = Duration::from_secs(60 * 60);
/// Maximum number of windows of a default step: as many as a chart can show.
pub(crate) const MAX_CHOSEN_WINDOWS: u64 = 300;
/// Default number of rollup windows.
pub(crate) const DEFAULT_ROLLUPS: u32 = 24;

/// The default and the maximum of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) default: usize,
    pub(crate) most: usize,
}

impl Count {
    /// Checks the requested limit in `field`.
    pub(crate) fn checked(self, field: &str, asked: i64) -> Result<usize, Violation> {
        let count = usize::try_from(asked).ok().filter(|count| (1..=self.most).contains(count));
        count.ok_or_else(|| Violation::new(field, format!("must be from 1 to {}, is {asked}", self.most)))
    }

    /// The same, but 0 means the default: protobuf cannot distinguish it from a missing value.
    pub(crate) fn checked_or_default(self, field: &str, asked: i64) -> Result<usize, Violation> {
        if asked == 0 { Ok(self.default) } else { self.checked(field, asked) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_accepted_up_to_the_limit() {
        let count = Count { default: 2, most: 3 };
        assert_eq!((count.checked("limit", 1), count.checked("limit", 3)), (Ok(1), Ok(3)));
        for asked in [i64::MIN, -1, 0, 4, i64::MAX] {
            let refused = count.checked("limit", asked).unwrap_err().to_string();
            assert_eq!(refused, format!("limit: must be from 1 to 3, is {asked}"));
        }
        assert_eq!(count.checked_or_default("limit", 0), Ok(2));
        assert!(count.checked_or_default("limit", -1).is_err());
    }
}
