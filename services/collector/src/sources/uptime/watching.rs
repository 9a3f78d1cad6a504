//! What this host can probe: logged when it changes, and published as `can_probe`.

use super::evidence::Evidence;
use super::icmp::{may_ping, refusal};
use super::sight::{Failing, Sense, Sight, Turned, Verdict};
use crate::readings::Readings;
use crate::sources::host::{Roots, host_name};
use parking_lot::Mutex;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};

/// How often the series are published while nothing changes.
const REPEAT_AFTER: Duration = Duration::from_secs(30);

/// Shared by all targets: what each probe shows is judged together.
#[derive(Clone)]
pub(super) struct Watch(Arc<Mutex<State>>);

struct State {
    sight: Sight,
    readings: Readings,
    /// When the series were last published; `None` if they have changed since.
    published_at: Option<Timestamp>,
}

impl Default for Watch {
    fn default() -> Self {
        let readings = Readings::new("uptime", vec![("host", host_name(&Roots::default()))]);
        Self(Arc::new(Mutex::new(State { sight: Sight::default(), readings, published_at: None })))
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watch").field(&self.0.lock().sight).finish()
    }
}

impl Watch {
    /// Finds out whether this process may ping, if a target needs that, and logs why not.
    pub(super) fn icmp(&self, is_needed: bool) {
        let may = is_needed.then(|| may_ping(false) || may_ping(true));
        if may == Some(false) {
            tracing::warn!(error = refusal(Ipv4Addr::LOCALHOST.into()), "cannot ping");
        }
        let sight = &mut self.0.lock().sight;
        sight.may_ping(may);
        sight.turned();
    }

    /// See [`Sight::judge`]. Logs what changes.
    pub(super) fn judge(&self, evidence: &Evidence, target: &mut Failing) -> Verdict {
        let mut state = self.0.lock();
        let verdict = state.sight.judge(evidence, target);
        for turned in state.sight.turned() {
            log(turned);
            state.published_at = None;
        }
        verdict
    }

    /// The samples of `can_probe`, if they are due.
    pub(super) fn samples(&self, now: Timestamp) -> Vec<Sample> {
        let mut state = self.0.lock();
        if state.published_at.is_some_and(|at| now.since(at) < REPEAT_AFTER) {
            return Vec::new();
        }
        state.published_at = Some(now);
        let State { sight, readings, .. } = &mut *state;
        readings.begin(now);
        for (sense, sees) in sight.sees() {
            let kind = sense.to_string();
            let note = (!sees).then(|| why(sense));
            readings.add_noted("can_probe", "", &[("kind", &kind)], f64::from(u8::from(sees)), note);
        }
        readings.take()
    }
}

fn why(sense: Sense) -> &'static str {
    match sense {
        Sense::Dns => "no name server responds to this host",
        Sense::Network => "this host has no route to its targets",
        Sense::Icmp => "the kernel refuses sockets for ICMP",
    }
}

fn log(turned: Turned) {
    let Turned { sense, sees } = turned;
    if sees {
        tracing::info!(kind = %sense, "this host can probe again");
    } else {
        tracing::warn!(kind = %sense, error = why(sense), "this host cannot probe");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(watch: &Watch, host: &str, answered: bool) -> Verdict {
        let evidence = Evidence { host: host.to_owned(), lookup: Some(answered), route: None };
        watch.judge(&evidence, &mut Failing::default())
    }

    fn published(watch: &Watch, second: i64) -> Vec<(String, f64, bool)> {
        let now = Timestamp::from_micros(second * 1_000_000).unwrap();
        let samples = watch.samples(now).into_iter();
        samples
            .map(|sample| {
                (
                    sample.series.label("kind").unwrap_or_default().to_owned(),
                    sample.value,
                    sample.note.is_some(),
                )
            })
            .collect()
    }

    #[test]
    fn what_can_be_probed_is_published_when_it_changes_and_now_and_then() {
        let watch = Watch::default();
        assert_eq!(published(&watch, 0), []);
        let watch = Watch::default();
        dns(&watch, "a.test", true);
        let sees = [("dns".to_owned(), 1.0, false)];
        assert_eq!(published(&watch, 0), sees);
        assert_eq!(published(&watch, 29), []);
        assert_eq!(published(&watch, 30), sees);
        dns(&watch, "a.test", false);
        dns(&watch, "b.test", false);
        assert_eq!(published(&watch, 31), [("dns".to_owned(), 0.0, true)]);
        dns(&watch, "b.test", true);
        assert_eq!(published(&watch, 32), sees);
    }
}
