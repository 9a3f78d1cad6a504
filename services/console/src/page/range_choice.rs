//! The choice of a range.

use crate::explore::{Over, Range};

pub(super) struct RangeChoice {
    pub(super) choices: Vec<Choice>,
    /// The page of the form, and the parameters that it keeps.
    pub(super) action: &'static str,
    pub(super) kept: Vec<(String, String)>,
    /// The instants of the form: empty if the range ends now.
    pub(super) from: String,
    pub(super) to: String,
}

/// A range to choose.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) link: String,
    pub(super) is_current: bool,
}

impl RangeChoice {
    /// The choice on a page of series at `action`, whose other parameters are `kept`; `link` is its address with a range.
    pub(super) fn new(
        action: &'static str,
        kept: Vec<(String, String)>,
        range: Range,
        link: impl Fn(Range) -> String,
    ) -> Self {
        Self::of(Over::of_series(), action, kept, range, link)
    }

    /// The same for any page, which offers these ranges.
    pub(super) fn of(
        offered: impl Iterator<Item = Over>,
        action: &'static str,
        kept: Vec<(String, String)>,
        range: Range,
        link: impl Fn(Range) -> String,
    ) -> Self {
        let choice = |over: Over| Choice {
            name: over.title(),
            link: link(Range { over, between: None }),
            is_current: range.between.is_none() && over == range.over,
        };
        // Minutes are enough to type.
        let typed = |at: Option<watchkeeper_domain::Timestamp>| {
            at.map(|at| at.to_string().get(..16).unwrap_or_default().replace('T', " ")).unwrap_or_default()
        };
        Self {
            choices: offered.map(choice).collect(),
            action,
            kept,
            from: typed(range.between.map(|span| span.from)),
            to: typed(range.between.map(|span| span.to)),
        }
    }
}
