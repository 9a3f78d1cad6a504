//! What the operator is told before series are refused.

use super::Sender;
use crate::config::SeriesLimits;
use watchkeeper_runtime::Grouped;

/// From which percentage of a limit on the operator is told.
const NEARLY_FULL_PERCENT: usize = 90;

/// What the operator is told of so many series, if anything: of the limit for all, else of the token that has most.
pub(crate) fn nearly_full(counts: &[(Sender, usize)], limits: SeriesLimits) -> Option<String> {
    let in_all: usize = counts.iter().map(|(_, series)| series).sum();
    if is_nearly_full(in_all, limits.in_all) {
        return Some(told("all senders", in_all, limits.in_all, "max_series"));
    }
    let (sender, series) = counts.iter().max_by_key(|(_, series)| *series)?;
    is_nearly_full(*series, limits.per_token)
        .then(|| told(&sender.to_string(), *series, limits.per_token, "max_series_per_token"))
}

fn is_nearly_full(series: usize, limit: usize) -> bool {
    series.saturating_mul(100) >= limit.saturating_mul(NEARLY_FULL_PERCENT)
}

fn told(who: &str, series: usize, limit: usize, key: &str) -> String {
    let [series, limit] = [series, limit].map(|count| Grouped(count as u64));
    format!("{who}: {series} series of at most {limit} (`{key}` in [ingest])")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_told_of_the_limit_that_is_nearly_reached() {
        let told = |counts: &[(&str, usize)]| {
            let counts: Vec<_> = counts.iter().map(|&(name, count)| (Sender(name.into()), count)).collect();
            nearly_full(&counts, SeriesLimits { per_token: 1_000, in_all: 10_000 }).unwrap_or_default()
        };
        assert_eq!(told(&[]), "");
        assert_eq!(told(&[("a", 899), ("b", 1)]), "");
        let most = "token \"b\": 950 series of at most 1,000 (`max_series_per_token` in [ingest])";
        assert_eq!(told(&[("a", 900), ("b", 950), ("c", 3)]), most);
        let all = "all senders: 9,000 series of at most 10,000 (`max_series` in [ingest])";
        assert_eq!(told(&[("1", 900); 10]), all);
    }
}
