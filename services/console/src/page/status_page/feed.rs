//! The Atom feed of a status page (RFC 4287).

use super::incident::IncidentView;
use super::text::Piece;
use super::{MAX_ENDED_SHOWN, MAX_OPEN_SHOWN};
use crate::gather::Shown;
use askama::Template;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::cmp::Reverse;
use std::hash::Hasher as _;
use watchkeeper_domain::{Incident, Timestamp, Window};
use watchkeeper_query::StatusPage;

/// Most entries.
const MAX_ENTRIES: usize = MAX_OPEN_SHOWN + MAX_ENDED_SHOWN;

/// The feed at `/status/NAME/feed.atom`: one entry for each incident, which changes with every update; the one that was
/// updated last comes first.
#[derive(Template)]
#[template(path = "status_feed.xml", whitespace = "minimize")]
pub(crate) struct Feed<'a> {
    page: &'a StatusPage,
    id: String,
    updated: Timestamp,
    /// The URL of the page.
    url: &'a str,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    id: String,
    published: Timestamp,
    updated: Timestamp,
    incident: IncidentView<'a>,
}

impl<'a> Feed<'a> {
    /// The feed of the page that readers find at `url`.
    pub(crate) fn new(page: &'a StatusPage, shown: &'a Shown, url: &'a str) -> Self {
        let entries = shown.incidents.iter().take(MAX_ENTRIES).map(|incident| Entry::new(incident, page));
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| Reverse(entry.updated));
        let newest = entries.first().map(|entry| entry.updated);
        Self {
            page,
            id: urn("page", &page.name),
            updated: newest.unwrap_or_else(|| Window::Day.start(shown.at)),
            url,
            entries,
        }
    }
}

impl<'a> Entry<'a> {
    fn new(incident: &'a Incident, page: &StatusPage) -> Self {
        let at = |update: Option<&watchkeeper_domain::IncidentUpdate>| {
            update.map_or_else(|| incident.starts_at(), |update| update.at)
        };
        Self {
            id: urn("incident", &incident.id),
            published: at(incident.updates.first()),
            updated: at(incident.updates.last()),
            incident: IncidentView::new(incident, &page.time_zone),
        }
    }
}

/// An id that stays the same whatever the address of the page: a UUID of version 8 (RFC 9562, 5.8) made of what it is
/// for.
fn urn(kind: &str, name: &str) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(kind.as_bytes());
    hasher.write(b"/");
    hasher.write(name.as_bytes());
    let version = 0x8000_u128 << 64;
    let variant = 0x8000_u128 << 48;
    let bits = hasher.finish128().as_u128() & !(0xf000_u128 << 64) & !(0xc000_u128 << 48) | version | variant;
    let hex = format!("{bits:032x}");
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_and_stays_the_same() {
        assert_eq!(urn("incident", "a"), urn("incident", "a"));
        assert_ne!(urn("incident", "a"), urn("page", "a"));
        let id = urn("incident", "a");
        let groups: Vec<_> = id.strip_prefix("urn:uuid:").unwrap().split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(groups[2].starts_with('8') && groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
    }
}
