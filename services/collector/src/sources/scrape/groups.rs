//! Groups of endpoints, and defaults of all of them.

use super::config::MAX_TARGETS;
use crate::sources::groups::{AUTHENTICATION, Sections, TARGETS};
use watchkeeper_config::Membership;

/// The sections `[[collector.scrape]]`.
pub(crate) const SECTIONS: Sections = Sections {
    name: "scrape",
    defaults: "scrape_defaults",
    max_targets: MAX_TARGETS,
    membership: &MEMBERSHIP,
};

static MEMBERSHIP: Membership = Membership {
    own: &["url", "instance", TARGETS],
    together: &[AUTHENTICATION],
    name: "instance",
    short: |text| ("url", text),
    name_of: |_| None,
    samples: &["http://target.invalid/metrics"],
};
