//! How long the compatible call returns a value.

use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};

/// How long the cache of the previous platform keeps the values of a source: its collector relies on it to decide
/// whether to measure again. Not configurable.
const KEPT: [(&str, Duration); 3] = [
    ("GitHub", Duration::from_secs(10 * 60)),
    ("OpenWeatherMap", Duration::from_secs(5 * 60)),
    ("UptimeChecker", Duration::from_secs(60)),
];

/// The same for any other source.
const KEPT_OTHERWISE: Duration = Duration::from_secs(5 * 60);

/// Whether the previous cache would still have the value at `now`. There its lifetime began at arrival, here at the
/// measurement.
pub(crate) fn is_kept(sample: &Sample, now: Timestamp) -> bool {
    let source = sample.series.source();
    let kept = KEPT.iter().find(|(name, _)| *name == source).map_or(KEPT_OTHERWISE, |&(_, kept)| kept);
    now.since(sample.collected_at) < kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_domain::Series;

    #[test]
    fn a_value_is_kept_as_long_as_its_source_says_and_not_a_moment_longer() {
        for (source, minutes) in
            [("GitHub", 10), ("OpenWeatherMap", 5), ("UptimeChecker", 1), ("github", 5), ("host", 5)]
        {
            let series = Arc::new(Series::new(source, "n", "", &[]).unwrap());
            let collected_at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
            let sample = Sample::new(series, collected_at, 1.0);
            let over = collected_at.plus(Duration::from_secs(60 * minutes));
            assert!(is_kept(&sample, over.minus(Duration::from_micros(1))), "{source}");
            assert!(!is_kept(&sample, over), "{source}");
            // A clock that is ahead of this one.
            assert!(is_kept(&sample, collected_at.minus(Duration::from_secs(1))), "{source}");
        }
    }
}
