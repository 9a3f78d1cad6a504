//! Tables with a maximum number of rows.

use crate::format::count;

/// The first rows of a list.
pub(super) struct Listed<T> {
    pub(super) rows: Vec<T>,
    /// The number of all items.
    pub(super) total: String,
    /// The number of items not shown, if any.
    pub(super) more: Option<String>,
}

impl<T> Listed<T> {
    /// The first `most` of `items`, each converted by `row`.
    pub(super) fn first<I>(
        items: impl ExactSizeIterator<Item = I>,
        most: usize,
        row: impl FnMut(I) -> T,
    ) -> Self {
        let total = items.len();
        let more = total.saturating_sub(most);
        Self {
            rows: items.take(most).map(row).collect(),
            total: count(total),
            more: (more > 0).then(|| count(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_counted() {
        let of = |items: usize| Listed::first(0..items, 2, |item| item);
        assert_eq!((of(2).rows, of(2).more), (vec![0, 1], None));
        assert_eq!((of(1_234).rows, of(1_234).total.as_str()), (vec![0, 1], "1,234"));
        assert_eq!(of(1_234).more.as_deref(), Some("1,232"));
    }
}
