//! Refusals as operators see them: counted by reason and client, listed, and warned of.

use crate::decode::Decoded;
use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;
use parking_lot::Mutex;
use prometheus::{IntCounterVec, Opts, Registry};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::Refused;
use watchkeeper_runtime::http::{Caller, PeerAddress, Problem};
use watchkeeper_runtime::telemetry::register;

/// Most clients with counters of their own; further ones are counted as [`OTHERS`].
pub const MAX_COUNTED_CLIENTS: usize = 100;
/// The client of the others, and the reason of what has no field of its own.
const OTHERS: &str = "other";
/// The fields of samples and events: the reasons of refused items.
const FIELDS: [&str; 11] = [
    "source",
    "name",
    "unit",
    "labels",
    "value",
    "collected_at",
    "note",
    "sample",
    "event",
    "time",
    "fields",
];
/// The reason of items for which a limit leaves no room.
pub(crate) const TOO_MANY_SERIES: &str = "too_many_series";
/// How often a warning is logged, at most.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Who sent a request, for operators: the name of the token, else the address. A proxy has its own address.
pub(crate) struct Client(String);

impl Client {
    pub(crate) fn of(request: &Extensions) -> Self {
        let caller = request.get::<Caller>().map(|Caller(name)| format!("token {name}"));
        let address = || request.get::<PeerAddress>().map(|PeerAddress(address)| address.to_string());
        Self(caller.or_else(address).unwrap_or_else(|| "unknown".to_owned()))
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// Counts, lists and warns of refusals.
pub(crate) struct Refusals {
    pub(crate) list: Refused,
    counts: IntCounterVec,
    /// The clients that have counters of their own.
    clients: Mutex<BTreeSet<String>>,
    warned: Mutex<Warned>,
}

/// What was last warned of.
#[derive(Default)]
struct Warned {
    at: Option<Instant>,
    total: u64,
}

impl Refusals {
    pub(crate) fn new(list: Refused, registry: &Registry) -> Result<Self, prometheus::Error> {
        let help = "Refused items and bodies, by what is wrong and by token or address.";
        let counts = Opts::new("watchkeeper_ingest_refusals_total", help);
        let total = list.total();
        Ok(Self {
            list,
            counts: register(registry, IntCounterVec::new(counts, &["reason", "client"])?)?,
            clients: Mutex::default(),
            warned: Mutex::new(Warned { at: None, total }),
        })
    }

    /// Notes the refused items of a body.
    pub(crate) fn note_items(&self, Client(client): &Client, decoded: &Decoded) {
        let Some((_, first)) = decoded.listed.first() else { return };
        self.list.note(client, &first.to_string(), decoded.refused as u64, Timestamp::now());
        let label = self.label(client);
        for (reason, items) in &decoded.reasons {
            self.counts.with_label_values(&[*reason, label.as_str()]).inc_by(*items as u64);
        }
    }

    /// Notes a body that was refused as a whole. Not one that the client may send again: nothing is wrong with it.
    pub(crate) fn note_body(&self, Client(client): &Client, problem: &Problem) {
        if problem.status().is_client_error() {
            self.list.note(client, problem.detail(), 1, Timestamp::now());
            let reason = match problem.status().as_u16() {
                413 => "too_large",
                415 => "content_type",
                _ => "body",
            };
            self.counts.with_label_values(&[reason, self.label(client).as_str()]).inc();
        }
    }

    fn label(&self, client: &str) -> String {
        let mut clients = self.clients.lock();
        if !clients.contains(client) {
            if clients.len() == MAX_COUNTED_CLIENTS {
                return OTHERS.to_owned();
            }
            clients.insert(client.to_owned());
        }
        client.to_owned()
    }

    /// Logs a warning if there are new refusals, at most once every [`WARN_EVERY`].
    pub(crate) fn warn(&self, now: Instant) {
        if let Some(refused) = self.due(now) {
            let newest = self.list.list().refusals.into_iter().next();
            let (client, reason) = newest.map(|newest| (newest.client, newest.reason)).unwrap_or_default();
            tracing::warn!(
                refused,
                client,
                error = reason,
                "refused data sent by clients; run `watchkeeper refusals` for details"
            );
        }
    }

    /// How many items were refused since the last warning, if one is due.
    fn due(&self, now: Instant) -> Option<u64> {
        let mut warned = self.warned.lock();
        let (total, is_early) = (self.list.total(), warned.at.is_some_and(|at| now - at < WARN_EVERY));
        let refused = total - warned.total;
        if refused == 0 || is_early {
            return None;
        }
        *warned = Warned { at: Some(now), total };
        Some(refused)
    }
}

/// The reason for a violation of `field`: one of few.
pub(crate) fn reason_of(field: &str) -> &'static str {
    let root = field.split('.').next().unwrap_or(field);
    FIELDS.into_iter().find(|known| *known == root).unwrap_or(OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusals() -> Refusals {
        Refusals::new(Refused::default(), &Registry::new()).unwrap()
    }

    fn client(name: &str) -> Client {
        Client(name.to_owned())
    }

    #[test]
    fn a_client_has_counters_of_its_own_up_to_the_limit() {
        let refusals = refusals();
        for number in 0..=MAX_COUNTED_CLIENTS {
            refusals.note_body(&client(&number.to_string()), &Problem::bad_request("body", "is empty"));
        }
        let count = |name: &str| refusals.counts.with_label_values(&["body", name]).get();
        assert_eq!((count("0"), count("99"), count("100"), count(OTHERS)), (1, 1, 0, 1));
    }

    #[test]
    fn a_warning_is_due_at_once_and_then_once_a_minute_with_what_is_new() {
        let (refusals, start) = (refusals(), Instant::now());
        assert_eq!(refusals.due(start), None);
        let refuse = || refusals.note_body(&client("a"), &Problem::bad_request("body", "is empty"));
        refuse();
        assert_eq!(refusals.due(start), Some(1));
        refuse();
        refuse();
        assert_eq!(refusals.due(start + WARN_EVERY / 2), None);
        assert_eq!(refusals.due(start + WARN_EVERY), Some(2));
        assert_eq!(refusals.due(start + 2 * WARN_EVERY), None);
    }

    #[test]
    fn a_body_that_may_be_sent_again_is_no_refusal() {
        let refusals = refusals();
        refusals.note_body(&client("a"), &Problem::unavailable("no room", Duration::ZERO));
        assert_eq!(refusals.list.total(), 0);
    }

    #[test]
    fn reasons_are_few_whatever_is_sent() {
        assert_eq!(["value", "labels.host", "x.y"].map(reason_of), ["value", "labels", OTHERS]);
    }
}
