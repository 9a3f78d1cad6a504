//! What the pages of events are asked, and the arithmetic between what is found and what is shown. Pure.

mod bars;
mod cookie;
mod folded;
mod hits;
mod leaves;
mod marks;
mod search;
mod terms;
mod tone;

pub(crate) use bars::Bars;
pub(crate) use cookie::zone_of;
pub(crate) use folded::Folded;
pub use folded::{MAX_FOLDED_CHARS, SHOWN_LINES};
pub(crate) use hits::{HitField, fields_of_hits};
pub(crate) use leaves::leaves;
pub(crate) use marks::explained;
pub(crate) use search::Search;
pub(crate) use terms::{Terms, equals, opposite};
pub(crate) use tone::Tone;
