//! What ingest has refused, which never reaches the bus: kept in memory for operators.

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use watchkeeper_domain::{Timestamp, text};
use watchkeeper_wire::json::{RefusalList, RefusedJson};

/// Most refusals that are kept; the oldest give way.
pub const MAX_REFUSALS: usize = 100;
/// Longest reason that is kept, in bytes. A reason may quote a name that the client has sent.
pub const MAX_REASON_BYTES: usize = 300;

/// The last refusals of a process. Clones share them. They are lost when the process ends.
#[derive(Clone, Debug)]
pub struct Refused(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    since: Timestamp,
    total: u64,
    /// Newest last.
    last: VecDeque<Refusal>,
}

/// Why items of a client were refused, and how often in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    client: String,
    reason: String,
    items: u64,
    first_at: Timestamp,
    last_at: Timestamp,
}

impl Default for Refused {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { since: Timestamp::now(), total: 0, last: VecDeque::new() })))
    }
}

impl Refused {
    /// Notes that `items` of `client` were refused at `now`, the first of them for `reason`. A client that sends the same
    /// mistake again and again has one entry.
    pub fn note(&self, client: &str, reason: &str, items: u64, now: Timestamp) {
        let reason = text::head(reason, MAX_REASON_BYTES);
        let mut state = self.0.lock();
        state.total += items;
        let known = state.last.iter().position(|known| known.client == client && known.reason == reason);
        let refusal = match known.and_then(|index| state.last.remove(index)) {
            Some(known) => Refusal { items: known.items + items, last_at: now, ..known },
            None => Refusal {
                client: client.to_owned(),
                reason: reason.to_owned(),
                items,
                first_at: now,
                last_at: now,
            },
        };
        state.last.push_back(refusal);
        if state.last.len() > MAX_REFUSALS {
            state.last.pop_front();
        }
    }

    /// How many items were refused since the start.
    pub fn total(&self) -> u64 {
        self.0.lock().total
    }

    /// The last refusals, newest first.
    pub fn list(&self) -> RefusalList {
        let state = self.0.lock();
        let shown = |refusal: &Refusal| RefusedJson {
            client: refusal.client.clone(),
            reason: refusal.reason.clone(),
            items: refusal.items,
            first_at: refusal.first_at.to_string(),
            last_at: refusal.last_at.to_string(),
        };
        RefusalList {
            since: state.since.to_string(),
            refused_total: state.total,
            refusals: state.last.iter().rev().map(shown).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_that_is_repeated_is_one_entry_that_counts() {
        let refused = Refused::default();
        let at = |second| Timestamp::MIN.plus(std::time::Duration::from_secs(second));
        refused.note("token shop", "value: is missing", 2, at(1));
        refused.note("token other", "value: is missing", 1, at(2));
        refused.note("token shop", "value: is missing", 3, at(3));
        let RefusalList { refused_total, refusals, .. } = refused.list();
        assert_eq!((refused_total, refused.total(), refusals.len()), (6, 6, 2));
        let RefusedJson { client, items, first_at, last_at, .. } = &refusals[0];
        assert_eq!((client.as_str(), *items), ("token shop", 5));
        assert_eq!((first_at.clone(), last_at.clone()), (at(1).to_string(), at(3).to_string()));
    }

    #[test]
    fn the_newest_are_kept_up_to_the_limit_with_reasons_up_to_theirs() {
        let refused = Refused::default();
        for number in 0..=MAX_REFUSALS {
            refused.note("client", &number.to_string(), 1, Timestamp::MIN);
        }
        let RefusalList { refused_total, refusals, .. } = refused.list();
        assert_eq!((refused_total, refusals.len()), (MAX_REFUSALS as u64 + 1, MAX_REFUSALS));
        assert_eq!((refusals[0].reason.as_str(), refusals[MAX_REFUSALS - 1].reason.as_str()), ("100", "1"));
        refused.note("client", &"ä".repeat(MAX_REASON_BYTES), 1, Timestamp::MIN);
        assert_eq!(refused.list().refusals[0].reason, "ä".repeat(MAX_REASON_BYTES / 2));
    }
}
