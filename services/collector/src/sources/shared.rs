//! What targets with the same configuration share.

use std::sync::Arc;

/// What was made for the last configuration.
pub(crate) struct Shared<C, T>(Option<(Arc<C>, Arc<T>)>);

impl<C, T> Default for Shared<C, T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<C: PartialEq, T> Shared<C, T> {
    /// What there is for `config`, made if the last configuration was another one.
    pub(crate) fn of(&mut self, config: &Arc<C>, make: impl FnOnce() -> T) -> Arc<T> {
        let same = self.0.take().filter(|(last, _)| last == config);
        let (_, shared) = self.0.insert(same.unwrap_or_else(|| (Arc::clone(config), Arc::new(make()))));
        Arc::clone(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_configurations_share_and_another_one_starts_afresh() {
        let (mut shared, mut made) = (Shared::default(), 0);
        let mut of = |config: u32| {
            *shared.of(&Arc::new(config), || {
                made += 1;
                made
            })
        };
        assert_eq!([of(7), of(7), of(8), of(8), of(7)], [1, 1, 2, 2, 3]);
    }
}
