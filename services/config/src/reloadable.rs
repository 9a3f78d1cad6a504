//! Settings that a reload replaces while roles run.

use std::sync::Arc;
use tokio::sync::watch;

/// Settings that a reload replaces; clones share them. Call [`Self::current`] when a request, a batch or a round begins,
/// and use the result until it ends. Settings that must change together form one `T`.
#[derive(Debug)]
pub struct Reloadable<T>(watch::Sender<Arc<T>>);

impl<T> Reloadable<T> {
    /// The initial settings.
    pub fn new(first: impl Into<Arc<T>>) -> Self {
        Self(watch::Sender::new(first.into()))
    }

    /// The current settings.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.borrow())
    }

    /// Completes its `changed` whenever a reload has changed the settings from now on.
    pub fn changes(&self) -> watch::Receiver<Arc<T>> {
        self.0.subscribe()
    }
}

impl<T: PartialEq> Reloadable<T> {
    /// Replaces the settings, here and in every clone. Equal settings are kept, so that [`Arc::ptr_eq`] tells whether they
    /// have changed.
    pub fn replace(&self, new: impl Into<Arc<T>>) {
        let new = new.into();
        self.0.send_if_modified(|current| {
            let is_changed = **current != *new;
            if is_changed {
                *current = new;
            }
            is_changed
        });
    }
}

impl<T> Clone for Reloadable<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
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
        let changes = settings.changes();
        settings.replace("same".to_owned());
        assert!(Arc::ptr_eq(&before, &settings.current()));
        assert!(!changes.has_changed().unwrap());
        settings.replace("other".to_owned());
        assert!(changes.has_changed().unwrap());
    }
}
