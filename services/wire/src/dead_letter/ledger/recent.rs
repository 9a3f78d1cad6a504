//! Recently settled rejections.

use super::Rejection;
use std::collections::{HashSet, VecDeque};

/// Number of settled rejections kept, so that a later copy is not pending. Copies come soon: they are written by a role
/// that was killed before it committed.
pub(super) const MAX_RECENT: usize = 50_000;

/// The most recently settled rejections.
#[derive(Debug, Default)]
pub(super) struct Recent {
    oldest_first: VecDeque<Rejection>,
    all: HashSet<Rejection>,
}

impl Recent {
    pub(super) fn insert(&mut self, rejection: Rejection) {
        if !self.all.insert(rejection) {
            return;
        }
        self.oldest_first.push_back(rejection);
        if self.oldest_first.len() > MAX_RECENT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.all.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, rejection: Rejection) -> bool {
        self.all.contains(&rejection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_limit_the_oldest_is_forgotten() {
        let mut recent = Recent::default();
        (0..=MAX_RECENT as u64).for_each(|number| recent.insert(Rejection(number)));
        recent.insert(Rejection(1));
        assert!(!recent.contains(Rejection(0)) && recent.contains(Rejection(1)));
        assert_eq!(recent.all.len(), MAX_RECENT);
    }
}
