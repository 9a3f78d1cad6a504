//! How far consumer groups are behind.

use super::Part;
use crate::format::count;
use crate::gather::{Answer, GroupLag};
use watchkeeper_ports::Group;

/// One consumer group.
pub(super) struct LagRow {
    pub(super) group: String,
    pub(super) lag: Part<LagText>,
}

/// How far a group is behind, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LagText {
    pub(super) behind: String,
    pub(super) committed: String,
    pub(super) end: String,
    pub(super) partitions: String,
}

impl LagRow {
    pub(super) fn new((group, lag): (Group, Answer<GroupLag>)) -> Self {
        let lag = lag.map(|lag| LagText {
            behind: count(lag.behind),
            committed: count(lag.committed),
            end: count(lag.end),
            partitions: count(lag.partitions),
        });
        Self { group: group.name().to_owned(), lag }
    }
}
