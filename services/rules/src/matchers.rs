//! Reading matchers.

use watchkeeper_config::Section;
use watchkeeper_domain::{MAX_MATCHERS, Matchers};

/// The matchers that `key` lists. An empty list would match everything, so a missing list is an error.
pub(crate) fn read(section: &mut Section<'_>, key: &'static str) -> Matchers {
    if !section.has(key) {
        section.refuse(key, "is missing");
    }
    let matchers = section.parsed_list(key, MAX_MATCHERS);
    Matchers::new(matchers).expect("the list was read with the same limit")
}
