//! What a reload changes about the targets: a pure decision.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// Most targets that the log names of each kind of change; the others are counted.
const MAX_NAMED: usize = 10;

/// Two targets have this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two targets have the name {0}")]
pub(crate) struct SameName(Arc<str>);

/// From the running targets to the configured ones. What is the same is not touched.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changes<D> {
    pub(crate) added: Vec<(Arc<str>, D)>,
    /// Their old ones stop.
    pub(crate) changed: Vec<(Arc<str>, D)>,
    pub(crate) removed: Vec<Arc<str>>,
    pub(crate) unchanged: usize,
}

impl<D: PartialEq> Changes<D> {
    /// Compares the definitions of the running targets with the configured ones, both by name.
    ///
    /// # Errors
    /// Two configured targets have the same name.
    pub(crate) fn between(
        running: &HashMap<Arc<str>, D>,
        configured: Vec<(Arc<str>, D)>,
    ) -> Result<Self, SameName> {
        let mut names = HashSet::with_capacity(configured.len());
        if let Some((name, _)) = configured.iter().find(|(name, _)| !names.insert(Arc::clone(name))) {
            return Err(SameName(Arc::clone(name)));
        }
        let removed = running.keys().filter(|&name| !names.contains(name)).cloned().collect();
        let mut changes = Self { added: Vec::new(), changed: Vec::new(), removed, unchanged: 0 };
        for (name, definition) in configured {
            match running.get(&name) {
                None => changes.added.push((name, definition)),
                Some(same) if *same == definition => changes.unchanged += 1,
                Some(_) => changes.changed.push((name, definition)),
            }
        }
        Ok(changes)
    }

    /// Whether nothing changes.
    pub(crate) fn are_none(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// `added uptime/shop; removed uptime/blog, uptime/wiki; 41 unchanged`.
impl<D> fmt::Display for Changes<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |of: &[(Arc<str>, D)]| of.iter().map(|(name, _)| Arc::clone(name)).collect();
        let kinds = [
            ("added", names(&self.added)),
            ("changed", names(&self.changed)),
            ("removed", self.removed.clone()),
        ];
        for (kind, mut names) in kinds.into_iter().filter(|(_, names): &(_, Vec<_>)| !names.is_empty()) {
            names.sort_unstable();
            let more = names.len().saturating_sub(MAX_NAMED);
            names.truncate(MAX_NAMED);
            write!(f, "{kind} {}", names.join(", "))?;
            if more > 0 {
                write!(f, " and {more} more")?;
            }
            f.write_str("; ")?;
        }
        write!(f, "{} unchanged", self.unchanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(targets: &[(&str, u32)]) -> Vec<(Arc<str>, u32)> {
        targets.iter().map(|&(name, definition)| (name.into(), definition)).collect()
    }

    fn changes(running: &[(&str, u32)], configured: &[(&str, u32)]) -> Result<Changes<u32>, SameName> {
        Changes::between(&named(running).into_iter().collect(), named(configured))
    }

    #[test]
    fn new_targets_start_missing_ones_stop_different_ones_are_replaced_and_equal_ones_stay() {
        let changes = changes(&[("a", 1), ("b", 1), ("c", 1)], &[("d", 1), ("c", 1), ("b", 2)]).unwrap();
        assert_eq!(changes.added, named(&[("d", 1)]));
        assert_eq!(changes.changed, named(&[("b", 2)]));
        assert_eq!(changes.removed, [Arc::from("a")]);
        assert_eq!(changes.unchanged, 1);
        assert_eq!(changes.to_string(), "added d; changed b; removed a; 1 unchanged");
    }

    #[test]
    fn equal_lists_in_another_order_change_nothing() {
        let none = changes(&[("a", 1), ("b", 2)], &[("b", 2), ("a", 1)]).unwrap();
        assert!(none.are_none());
        assert_eq!(none.to_string(), "2 unchanged");
    }

    #[test]
    fn two_targets_of_one_name_are_refused() {
        let error = changes(&[("a", 1)], &[("b", 1), ("b", 2)]).unwrap_err();
        assert_eq!(error.to_string(), "two targets have the name b");
    }

    #[test]
    fn no_more_targets_are_named_than_the_limit() {
        let many: Vec<_> = (0..=MAX_NAMED).map(|n| format!("t{n:02}")).collect();
        let many: Vec<_> = many.iter().map(|name| (name.as_str(), 1)).collect();
        let text = changes(&[], &many).unwrap().to_string();
        assert!(text.ends_with(", t08, t09 and 1 more; 0 unchanged"), "{text}");
    }
}
