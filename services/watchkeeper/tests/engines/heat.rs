//! One sample, and what becomes of it on its way.

use crate::host::Host;
use crate::kept::Kept;
use crate::patience::{so, wait_for};
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Window};

const SOURCE: &str = "heat";
const VALUE: u32 = 95;

/// All of them are stored, once each.
pub(crate) fn assert_stored_once(heats: &[Heat], kept: &Kept) {
    assert_eq!(kept.stored(SOURCE).into_iter().collect::<Vec<_>>(), [(VALUE.into(), heats.len())]);
}

/// A sample of a series of its own, for which a rule fires. It is of an hour that can be rolled up.
pub(crate) struct Heat {
    of: &'static str,
    at: Timestamp,
}

impl Heat {
    pub(crate) fn of(of: &'static str) -> Self {
        let hours_ago = Timestamp::now().minus(Duration::from_secs(3 * 60 * 60));
        Self { of, at: Window::Hour.start(hours_ago).plus(Duration::from_secs(60)) }
    }

    /// Posts it; it must be taken.
    pub(crate) fn post(&self, host: &Host) {
        let Self { of, at } = self;
        let sample = format!(
            r#"{{"source":"{SOURCE}","name":"celsius","labels":{{"of":"{of}"}},"value":{VALUE},"collected_at":"{at}"}}"#
        );
        assert_eq!(host.post(&sample), Some(202), "{of}");
    }

    /// Waits until it is a row in PostgreSQL.
    pub(crate) fn wait_until_stored(&self, kept: &Kept) {
        wait_for("the row", || {
            let newest = kept.newest(SOURCE);
            so(newest.contains_key(&self.key()), (self.of, newest))
        });
    }

    /// Waits until it is in Redis.
    pub(crate) fn wait_until_cached(&self, kept: &Kept) {
        wait_for("the latest value in Redis", || {
            let latest = kept.latest(SOURCE);
            so(latest.contains_key(&self.key()), (self.of, latest))
        });
    }

    /// Waits until the api answers with it, as the latest and in a range.
    pub(crate) fn wait_until_answered(&self, host: &Host) {
        let series = format!("source={SOURCE}&name=celsius&label.of={}", self.of);
        let (from, to) = (self.at, self.at.plus(Duration::from_secs(60)));
        for (question, answer) in [
            (format!("/v1/latest?{series}"), format!("\"value\":{VALUE}")),
            (format!("/v1/range?{series}&from={from}&to={to}&step=1m"), format!("[\"{from}\",{VALUE}")),
        ] {
            wait_for("the api's answer", || {
                let (status, body) = host.role("api").get(&question)?;
                so(status == 200 && body.contains(&answer), (&question, status, body))
            });
        }
    }

    /// Waits until its hour is rolled up in MongoDB.
    pub(crate) fn wait_until_rolled_up(&self, kept: &Kept) {
        wait_for("the rollup of its hour", || {
            let hours = kept.hours(&self.key());
            so(hours == [f64::from(VALUE)], (self.of, hours))
        });
    }

    /// Whether a mail's subject is about it.
    pub(crate) fn is_subject(&self, subject: &str) -> bool {
        subject.contains(&format!(" {} is {VALUE}", self.of))
    }

    fn key(&self) -> String {
        format!(r#"{SOURCE}/celsius{{of="{}"}}"#, self.of)
    }
}
