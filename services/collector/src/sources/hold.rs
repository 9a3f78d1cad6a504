//! Backing off from an API: a refusal applies to all targets with the same account.

use crate::schedule::MAX_REFUSAL;
use crate::target::CollectError;
use parking_lot::{Mutex, MutexGuard};
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::HttpAnswer;

/// How long to back off from an API that refuses the token or key. Repeated requests with a bad one can lock the
/// account, yet a new one may take a while to become valid.
pub(crate) const BAD_CREDENTIAL_WAIT: Duration = Duration::from_secs(10 * 60);
/// How long to back off from an API whose quota is exhausted, if it does not say until when.
pub(crate) const QUOTA_WAIT: Duration = Duration::from_secs(60);

const UNAUTHORIZED: u16 = 401;
/// The status for an exhausted quota, whatever else its API uses.
pub(crate) const TOO_MANY_REQUESTS: u16 = 429;

/// Until when an API must not be queried, and why.
#[derive(Debug, Default)]
pub(crate) struct Hold(Mutex<Option<Refusal>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refusal {
    reason: &'static str,
    until: Timestamp,
}

impl Hold {
    /// An error if the API must not be queried at `now`.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), CollectError> {
        match *self.lock() {
            Some(Refusal { reason, until }) if until > now => {
                Err(CollectError::Refused { reason: reason.to_owned(), until: Some(until) })
            }
            _ => Ok(()),
        }
    }

    /// Records a response received at `now`; `status` is its meaning, which may differ from its own status.
    pub(crate) fn note(&self, status: u16, answer: &HttpAnswer, now: Timestamp) {
        self.extend(refusal(status, answer.retry_at(), now));
    }

    /// Of two refusals the longer one applies: responses may overtake each other.
    fn extend(&self, refusal: Option<Refusal>) {
        let mut kept = self.lock();
        if refusal.map(|refusal| refusal.until) > kept.map(|kept| kept.until) {
            *kept = refusal;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.0.lock()
    }
}

/// The meaning of a response for all targets; `asked` is until when it refuses requests. A successful response may do
/// that too: it used up the quota.
fn refusal(status: u16, asked: Option<Timestamp>, now: Timestamp) -> Option<Refusal> {
    let asked = asked.filter(|&until| until > now).map(|until| until.min(now.plus(MAX_REFUSAL)));
    let (reason, until) = match status {
        UNAUTHORIZED => ("the token or key is not accepted", now.plus(BAD_CREDENTIAL_WAIT)),
        TOO_MANY_REQUESTS => ("the quota is used up", asked.unwrap_or_else(|| now.plus(QUOTA_WAIT))),
        _ => ("the quota is used up", asked?),
    };
    Some(Refusal { reason, until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn waits(status: u16, asked: Option<Timestamp>) -> Option<Duration> {
        refusal(status, asked, now()).map(|refusal| refusal.until.since(now()))
    }

    #[test]
    fn the_api_is_left_alone_for_as_long_as_it_asks() {
        let asked = Some(now().plus(20 * SECOND));
        for status in [200, 304, 403, 429, 503] {
            assert_eq!(waits(status, asked), Some(20 * SECOND), "{status}");
        }
        assert_eq!(waits(429, Some(now().plus(2 * MAX_REFUSAL))), Some(MAX_REFUSAL));
    }

    #[test]
    fn an_api_that_does_not_say_until_when_is_left_alone_for_a_while() {
        assert_eq!(waits(429, None), Some(QUOTA_WAIT));
        assert_eq!(waits(429, Some(now().minus(SECOND))), Some(QUOTA_WAIT), "its clock is behind");
        assert_eq!(waits(401, None), Some(BAD_CREDENTIAL_WAIT));
    }

    #[test]
    fn other_answers_concern_nobody_else() {
        for status in [200, 301, 403, 404, 500] {
            assert_eq!(waits(status, None), None, "{status}");
        }
    }

    #[test]
    fn a_hold_ends_and_a_shorter_one_does_not_cut_it() {
        let hold = Hold::default();
        assert_eq!(hold.check(now()), Ok(()));
        hold.extend(refusal(429, Some(now().plus(20 * SECOND)), now()));
        hold.extend(refusal(429, Some(now().plus(10 * SECOND)), now()));
        hold.extend(None);
        let error = hold.check(now().plus(19 * SECOND)).unwrap_err();
        let until = Some(now().plus(20 * SECOND));
        assert_eq!(error, CollectError::Refused { reason: "the quota is used up".to_owned(), until });
        assert_eq!(hold.check(now().plus(20 * SECOND)), Ok(()));
    }

    proptest! {
        #[test]
        fn no_answer_asks_for_more_than_the_bound(status in 100_u16..600, asked in option::of(0_i64..i64::MAX)) {
            let asked = asked.and_then(Timestamp::from_micros);
            prop_assert!(waits(status, asked).is_none_or(|wait| wait <= MAX_REFUSAL));
        }
    }
}
