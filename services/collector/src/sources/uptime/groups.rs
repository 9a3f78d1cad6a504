//! Groups of targets, and defaults of all of them.

use super::config::MAX_TARGETS;
use crate::sources::groups::{AUTHENTICATION, Sections, TARGETS};
use watchkeeper_config::Membership;

/// The sections `[[collector.uptime]]`.
pub(crate) const SECTIONS: Sections = Sections {
    name: "uptime",
    defaults: "uptime_defaults",
    max_targets: MAX_TARGETS,
    membership: &MEMBERSHIP,
};

static MEMBERSHIP: Membership = Membership {
    own: &["url", "tcp", "tls", "name", TARGETS],
    together: &[AUTHENTICATION],
    name: "name",
    short,
    name_of: |text| Some(derived_name(text)),
    samples: &[
        "https://target.invalid",
        "tcp://target.invalid:1",
        "tls://target.invalid:1",
        "icmp://target.invalid",
        "dns://target.invalid/target.invalid",
        "grpcs://target.invalid:1",
        "smtp://target.invalid",
    ],
};

/// Schemes that are keys. Any other text is a `url`, which says what it accepts.
const SCHEMES: [(&str, &str); 2] = [("tcp://", "tcp"), ("tls://", "tls")];

fn short(text: &str) -> (&'static str, &str) {
    let keyed = SCHEMES.iter().find_map(|(scheme, key)| text.strip_prefix(scheme).map(|rest| (*key, rest)));
    keyed.unwrap_or(("url", text))
}

/// The URL without its scheme, its query and a final slash: `shop.example.org/health`.
fn derived_name(text: &str) -> String {
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    after_scheme.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_derived_from_the_host_and_the_path_without_secrets() {
        for (text, name) in [
            ("https://shop.example.org/", "shop.example.org"),
            ("https://shop.example.org/health?key=s3cret", "shop.example.org/health"),
            ("tcp://db.example.org:5432", "db.example.org:5432"),
            ("https://[2001:db8::1]:8443/a/", "[2001:db8::1]:8443/a"),
        ] {
            assert_eq!(derived_name(text), name);
        }
    }
}
