//! Divides what arrived together, so that a listener that is behind holds little memory.

/// A part ends with the item that brings it to this size, in bytes of records.
pub(super) const MAX_PART_BYTES: usize = 256 << 10;

/// The items of one delivery, in parts.
pub(super) struct Parts<T> {
    parts: Vec<Vec<T>>,
    bytes: usize,
}

impl<T> Default for Parts<T> {
    fn default() -> Self {
        Self { parts: vec![Vec::new()], bytes: 0 }
    }
}

impl<T> Parts<T> {
    /// Adds an item whose record has so many bytes.
    pub(super) fn push(&mut self, item: T, bytes: usize) {
        if self.bytes >= MAX_PART_BYTES {
            self.parts.push(Vec::new());
            self.bytes = 0;
        }
        self.bytes += bytes;
        if let Some(part) = self.parts.last_mut() {
            part.push(item);
        }
    }

    /// At least one part; only the first can be empty.
    pub(super) fn finish(self) -> Vec<Vec<T>> {
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_together_is_divided_into_parts_of_limited_size() {
        let mut parts = Parts::default();
        for (item, bytes) in [(1, 10), (2, MAX_PART_BYTES - 10), (3, 1 << 20), (4, 10), (5, 10)] {
            parts.push(item, bytes);
        }
        assert_eq!(parts.finish(), [vec![1, 2], vec![3], vec![4, 5]]);
        assert_eq!(Parts::<()>::default().finish(), [vec![]]);
    }
}
