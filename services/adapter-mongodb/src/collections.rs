//! The collections, and their indexes.

use mongodb::bson::{Document, doc};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    /// The rollups, which people query too.
    Rollups,
    /// The series that have rollups.
    Series,
    /// Progress of rollup passes.
    Passes,
    /// Written to find out whether the store accepts writes.
    Checks,
}

impl Collection {
    pub(crate) const ALL: [Self; 4] = [Self::Rollups, Self::Series, Self::Passes, Self::Checks];

    /// Its name, without the prefix.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rollups => "rollups",
            Self::Series => "rollup_series",
            Self::Passes => "rollup_passes",
            Self::Checks => "rollup_checks",
        }
    }

    /// The index of an earlier version that ensured what `_id` ensures now.
    pub(crate) fn earlier_index(self) -> Option<&'static str> {
        match self {
            Self::Rollups => Some("rollup"),
            Self::Series => Some("key"),
            Self::Passes | Self::Checks => None,
        }
    }

    /// The indexes it needs besides the one of `_id`.
    pub(crate) fn indexes(self) -> Vec<Document> {
        match self {
            Self::Rollups => vec![
                // For queries.
                index("windows", doc! { "window": 1, "key": 1, "start": 1 }),
                // For pruning.
                index("start", doc! { "window": 1, "start": 1 }),
                // For people, who query by name.
                index("name", doc! { "window": 1, "source": 1, "name": 1, "start": 1 }),
            ],
            // Each ends with the key, because pages are read in that order.
            Self::Series => vec![
                index("in_order", doc! { "key": 1 }),
                index("source", doc! { "source": 1, "key": 1 }),
                index("name", doc! { "name": 1, "key": 1 }),
                index("label", doc! { "labels.name": 1, "labels.value": 1, "key": 1 }),
            ],
            Self::Passes | Self::Checks => Vec::new(),
        }
    }
}

fn index(name: &str, key: Document) -> Document {
    doc! { "name": name, "key": key }
}
