//! Settings that a reload replaces while roles run.

use std::sync::{Arc, PoisonError, RwLock};

/// Settings that a reload replaces; a clone shares them. Who uses them takes [`Self::current`] where a piece of work
/// begins (a request, a batch, a round) and keeps to that until its end. What must change together is one `T`.
#[derive(Debug)]
pub struct Reloadable<T>(Arc<RwLock<Arc<T>>>);

impl<T> Reloadable<T> {
    /// Settings as they are at the start.
    pub fn new(first: impl Into<Arc<T>>) -> Self {
        Self(Arc::new(RwLock::new(first.into())))
    }

    /// The settings as they are now.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: PartialEq> Reloadable<T> {
    /// Has `new` hold from the next [`Self::current`] on, here and in every clone. Where it is equal to what holds
    /// already, that stays, so that nobody takes it for a change.
    pub fn replace(&self, new: impl Into<Arc<T>>) {
        let new = new.into();
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if **current != *new {
            *current = new;
        }
    }
}

impl<T> Clone for Reloadable<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_replaced_holds_in_every_clone_and_work_under_way_keeps_to_what_it_began_with() {
        let settings = Reloadable::new(1);
        let (clone, begun_with) = (settings.clone(), settings.current());
        clone.replace(2);
        assert_eq!((*begun_with, *settings.current()), (1, 2));
    }

    #[test]
    fn what_is_replaced_by_its_equal_stays() {
        let settings = Reloadable::<String>::new("same".to_owned());
        let before = settings.current();
        settings.replace("same".to_owned());
        assert!(Arc::ptr_eq(&before, &settings.current()));
    }
}
