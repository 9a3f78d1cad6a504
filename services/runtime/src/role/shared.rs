//! What the roles of one process share.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::path::PathBuf;

/// The data directory of this process, which the roles share.
#[derive(Clone, Debug)]
pub struct DataDir(pub PathBuf);

/// What the roles of one process share, found by type.
#[derive(Default)]
pub struct Shared(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Shared {
    /// Adds a value to those of its type.
    pub fn add<T: Any + Send + Sync>(&mut self, value: T) {
        self.of::<T>().push(value);
    }

    /// All values of this type, in the order in which they were added.
    pub fn all<T: Any>(&self) -> &[T] {
        let values = self.0.get(&TypeId::of::<T>()).and_then(|values| values.downcast_ref::<Vec<T>>());
        values.map_or(&[], Vec::as_slice)
    }

    /// The first value of this type, created if there is none.
    pub fn first_or_add<T: Any + Send + Sync>(&mut self, make: impl FnOnce() -> T) -> &T {
        let values = self.of::<T>();
        if values.is_empty() {
            values.push(make());
        }
        &values[0]
    }

    fn of<T: Any + Send + Sync>(&mut self) -> &mut Vec<T> {
        let values = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(Vec::<T>::new()));
        values.downcast_mut().expect("it is kept under its own type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_found_by_its_type_and_made_once() {
        let mut shared = Shared::default();
        assert!(shared.all::<u8>().is_empty());
        shared.add(1_u8);
        shared.add(2_u8);
        shared.add("three");
        assert_eq!((shared.all::<u8>(), shared.all::<&str>()), (&[1, 2][..], &["three"][..]));
        assert_eq!(shared.first_or_add(|| 9_u8), &1);
        assert_eq!(shared.first_or_add(|| 4_u16), &4);
        assert_eq!(shared.first_or_add(|| 5_u16), &4);
    }
}
