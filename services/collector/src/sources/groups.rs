//! Targets one by one, in groups, and with defaults.

use std::collections::HashSet;
use std::sync::Arc;
use watchkeeper_config::{Membership, Section};

/// The key of the targets of a group.
pub(crate) const TARGETS: &str = "targets";

/// The keys of [`Access`](watchkeeper_http_client::Access) of which one set replaces another.
pub(crate) const AUTHENTICATION: &[&str] = &["token_file", "username", "password_file"];

/// The sections of a source.
pub(crate) struct Sections {
    /// Each is a target, or a group with [`TARGETS`].
    pub(crate) name: &'static str,
    /// The section with the keys that all of them take.
    pub(crate) defaults: &'static str,
    /// Most targets in all.
    pub(crate) max_targets: usize,
    pub(crate) membership: &'static Membership,
}

impl Sections {
    /// The valid targets. Duplicate names are refused: their samples would belong to the same series.
    pub(crate) fn read<T>(
        &self,
        section: &mut Section<'_>,
        read: impl Fn(&mut Section<'_>) -> Option<T>,
        name: impl Fn(&T) -> String,
    ) -> Vec<Arc<T>> {
        let Self { max_targets, membership, .. } = *self;
        let names = (self.name, self.defaults);
        let groups = section.sections_with_defaults(names, max_targets, membership, |entry| {
            if entry.has(TARGETS) {
                entry.members(TARGETS, max_targets, membership, &read)
            } else {
                vec![read(entry)]
            }
        });
        let targets: Vec<_> = groups.into_iter().flatten().flatten().map(Arc::new).collect();
        if targets.len() > max_targets {
            let reason = format!("has {} targets in all, the limit is {max_targets}", targets.len());
            section.refuse(self.name, reason);
        }
        let mut seen = HashSet::new();
        for target in &targets {
            if let Some(twin) = seen.replace(name(target)) {
                section.refuse(self.name, format!("two targets have the name {twin}"));
            }
        }
        targets
    }
}
