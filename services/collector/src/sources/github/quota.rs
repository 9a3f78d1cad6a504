//! GitHub's rate limits: as documented, and as reported in responses.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use super::answer::Complaint;
use crate::sources::hold::{Hold, TOO_MANY_REQUESTS};
use crate::target::CollectError;
use prometheus::{IntGaugeVec, Opts, Registry};
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::HttpAnswer;
use watchkeeper_runtime::telemetry::register;

const HOUR: Duration = Duration::from_secs(60 * 60);
const FORBIDDEN: u16 = 403;

/// The requests per hour that GitHub allows: per address, or per token.
pub(super) fn per_hour(has_token: bool) -> u32 {
    if has_token { 5_000 } else { 60 }
}

/// The shortest interval, in whole seconds, for so many repositories within the quota, even if each response counts.
pub(super) fn shortest_interval(repositories: usize, has_token: bool) -> Duration {
    let seconds = (HOUR.as_secs() * repositories as u64).div_ceil(u64::from(per_hour(has_token)));
    Duration::from_secs(seconds)
}

/// The remaining quota shared by all repositories.
pub(super) struct Quota {
    hold: Hold,
    /// Without labels; a vector because a gauge would show 0 before the first response.
    remaining: IntGaugeVec,
}

impl Quota {
    /// The metric of all quotas.
    pub(super) fn register(registry: &Registry) -> Result<IntGaugeVec, prometheus::Error> {
        let opts = Opts::new(
            "watchkeeper_collector_github_requests_remaining",
            "Requests left in GitHub's quota, according to its last response.",
        );
        register(registry, IntGaugeVec::new(opts, &[])?)
    }

    pub(super) fn new(remaining: IntGaugeVec) -> Self {
        Self { hold: Hold::default(), remaining }
    }

    /// An error while GitHub must not be queried.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), CollectError> {
        self.hold.check(now)
    }

    /// Records a response received at `now`.
    pub(super) fn note(&self, answer: &HttpAnswer, now: Timestamp) {
        if let Some(remaining) = answer.header("x-ratelimit-remaining").and_then(|text| text.parse().ok()) {
            self.remaining.with_label_values::<&str>(&[]).set(remaining);
        }
        self.hold.note(meaning(answer), answer, now);
    }
}

/// The effective status of a response where GitHub uses another one for a quota: the secondary limits (too much in
/// too short a time) may be reported as 403 with nothing but a text.
fn meaning(answer: &HttpAnswer) -> u16 {
    match answer.status() {
        FORBIDDEN if Complaint::of(answer).is_about_limits() => TOO_MANY_REQUESTS,
        status => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_a_token_a_repository_takes_a_minute_of_the_hour() {
        assert_eq!(shortest_interval(1, false), Duration::from_secs(60));
        assert_eq!(shortest_interval(5, false), Duration::from_secs(300));
        assert_eq!(shortest_interval(100, true), Duration::from_secs(72));
        assert_eq!(shortest_interval(1, true), Duration::from_secs(1), "rounded up");
        assert_eq!(shortest_interval(0, false), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn the_shortest_interval_fits_and_a_second_less_does_not(repositories in 1_u32..1_000, has_token: bool) {
            let seconds = shortest_interval(repositories as usize, has_token).as_secs();
            let fits = |seconds: u64| u64::from(repositories) * 3600 <= seconds * u64::from(per_hour(has_token));
            prop_assert!(fits(seconds) && !fits(seconds - 1));
        }
    }
}
