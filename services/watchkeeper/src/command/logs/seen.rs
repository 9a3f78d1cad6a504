//! Which events were printed already.

use std::collections::{HashSet, VecDeque};

/// How many are remembered: more than a page has, and than arrive while a connection is made.
const MAX_SEEN: usize = 20_000;

/// The ids of the events that were printed last.
#[derive(Default)]
pub(super) struct Seen {
    ids: HashSet<String>,
    in_order: VecDeque<String>,
}

impl Seen {
    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Whether it is new; from now on it is not.
    pub(super) fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.in_order.push_back(id.to_owned());
        if self.in_order.len() > MAX_SEEN
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_the_limit_are_remembered_and_with_one_more_the_oldest_is_forgotten() {
        let mut seen = Seen::default();
        for id in 0..MAX_SEEN {
            assert!(seen.is_new(&id.to_string()));
        }
        assert!(!seen.is_new("0") && seen.has("0"));
        assert!(seen.is_new("one more"));
        assert!(!seen.has("0") && seen.has("1"));
        assert_eq!(seen.ids.len(), MAX_SEEN);
    }
}
