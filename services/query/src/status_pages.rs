//! The sections `[[status_page]]`: pages that show customers what is up.

use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use watchkeeper_config::{HttpUrl, Section};
use watchkeeper_domain::{MAX_MATCHERS, Matchers, Series};

/// Most status pages.
pub const MAX_STATUS_PAGES: usize = 20;
/// Longest name of a page, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Longest title of a page, in bytes.
const MAX_TITLE_BYTES: usize = 100;
/// Longest description of a page, in bytes.
const MAX_DESCRIPTION_BYTES: usize = 500;
/// Most groups of a page.
const MAX_GROUPS: usize = 50;
/// Most display names of a page.
const MAX_DISPLAY_NAMES: usize = 500;
/// Longest display name or group, in bytes.
const MAX_DISPLAY_NAME_BYTES: usize = 200;
/// Longest contact, in bytes.
const MAX_CONTACT_BYTES: usize = 500;
/// Longest name of a time zone, in bytes.
const MAX_ZONE_BYTES: usize = 64;
/// Days of history: the default and the bounds.
const HISTORY_DAYS: (u32, std::ops::RangeInclusive<u32>) = (90, 7..=90);
/// The path of the files of all pages is that of a page of this name.
const RESERVED_NAME: &str = "assets";

/// All status pages, at most [`MAX_STATUS_PAGES`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusPages(Vec<StatusPage>);

/// A page that shows some targets to customers.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusPage {
    /// Its name in the path: lower-case letters, digits and `-`.
    pub name: String,
    /// The heading.
    pub title: String,
    /// A sentence below the heading; may be empty.
    pub description: String,
    /// Whether it needs no token.
    pub is_public: bool,
    /// How many days of history it shows.
    pub history_days: u32,
    /// Where to ask for help: an HTTP or `mailto:` address.
    pub contact: Option<String>,
    /// Where readers find it, without `/status/…`, if not under the name by which they ask.
    pub url: Option<HttpUrl>,
    /// The time zone of the times that it shows.
    pub time_zone: TimeZone,
    matchers: Option<Matchers>,
    groups: BTreeSet<String>,
    names: BTreeMap<String, String>,
}

impl StatusPages {
    /// Reads the sections `[[status_page]]` of the root.
    pub fn read(root: &mut Section<'_>) -> Self {
        let mut names = BTreeSet::new();
        let pages = root.sections("status_page", MAX_STATUS_PAGES, |section| {
            let page = StatusPage::read(section);
            if !names.insert(page.name.clone()) {
                section.refuse("name", "is the name of an earlier status page");
            }
            page
        });
        Self(pages)
    }

    /// The page of this name.
    pub fn named(&self, name: &str) -> Option<&StatusPage> {
        self.0.iter().find(|page| page.name == name)
    }

    /// The pages in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &StatusPage> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl StatusPage {
    fn read(section: &mut Section<'_>) -> Self {
        let name = section.required_text("name", MAX_NAME_BYTES);
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !name.chars().all(is_part) {
            section
                .refuse("name", "may have only lower-case letters, digits and -: it is part of the address");
        } else if name == RESERVED_NAME {
            section.refuse("name", "must not be \"assets\": choose another name");
        }
        let (has_matchers, has_groups) = (section.has("match"), section.has("groups"));
        if !has_matchers && !has_groups {
            section.refuse("match", "is missing: choose the targets of the page with match or groups");
        }
        let matchers = section.parsed_list("match", MAX_MATCHERS);
        let matchers = Matchers::new(matchers).ok().filter(|_| has_matchers);
        Self {
            name,
            title: section.required_text("title", MAX_TITLE_BYTES),
            description: section.text("description", MAX_DESCRIPTION_BYTES, ""),
            is_public: section.boolean("public", false),
            history_days: section.integer("history_days", HISTORY_DAYS.1, HISTORY_DAYS.0),
            contact: read_contact(section),
            url: section.parsed("url"),
            time_zone: read_zone(section),
            matchers,
            groups: section.parsed_set::<String>("groups", MAX_GROUPS).into_iter().collect(),
            names: section.texts("display_names", MAX_DISPLAY_NAMES, MAX_DISPLAY_NAME_BYTES),
        }
    }

    /// Whether it shows the target of this series. With matchers and groups, both must select it.
    pub fn shows(&self, series: &Series) -> bool {
        let in_group = || series.label("group").is_some_and(|group| self.groups.contains(group));
        self.matchers.as_ref().is_none_or(|matchers| matchers.hold(|field| series.field(field)))
            && (self.groups.is_empty() || in_group())
    }

    /// What readers call the target of this series: its display name, else its label `title`, else its name. `None` if
    /// that is an address or the name of a host, which readers must not see.
    pub fn display_name<'a>(&'a self, series: &'a Series) -> Option<&'a str> {
        let target = series.label("target").unwrap_or_default();
        let display_name = self.names.get(target).map(String::as_str);
        let own = Some(target).filter(|target| !target.is_empty() && !is_address(target));
        display_name.or_else(|| series.label("title")).or(own)
    }
}

/// Whether the text may say where a target is: the name or address of a host, a URL, a port.
fn is_address(text: &str) -> bool {
    let is_host_name = |word: &str| {
        let labels = || word.trim_end_matches('.').split('.');
        labels().count() > 1 && labels().all(|label| !label.is_empty())
    };
    text.contains([':', '/', '@']) || text.split_whitespace().any(is_host_name)
}

fn read_contact(section: &mut Section<'_>) -> Option<String> {
    let contact = section.optional_text("contact", MAX_CONTACT_BYTES)?;
    let is_mail = contact.strip_prefix("mailto:").is_some_and(|address| address.contains('@'));
    if !is_mail && contact.parse::<HttpUrl>().is_err() {
        section.refuse("contact", "must be an https:// or http:// URL, or a mailto: address");
    }
    Some(contact)
}

fn read_zone(section: &mut Section<'_>) -> TimeZone {
    let Some(name) = section.optional_text("time_zone", MAX_ZONE_BYTES) else { return TimeZone::UTC };
    TimeZone::get(&name).unwrap_or_else(|_| {
        let reason = "is not a known time zone: must be a name such as \"Europe/Berlin\" or \"UTC\"";
        section.refuse("time_zone", reason);
        TimeZone::UTC
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn read(text: &str) -> Result<StatusPages, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(StatusPages::read).map_err(|errors| errors.to_string())
    }

    fn page(keys: &str) -> StatusPage {
        let text = format!("[[status_page]]\nname = \"shop\"\ntitle = \"Shop\"\n{keys}");
        read(&text).unwrap().0.remove(0)
    }

    fn series(labels: &[(&str, &str)]) -> Series {
        Series::new("uptime", "availability_percent", "percent", labels).unwrap()
    }

    #[test]
    fn without_sections_there_is_no_page_and_one_needs_a_token_unless_it_says_otherwise() {
        assert!(read("").unwrap().is_empty());
        let page = page("groups = [\"shop\"]");
        assert_eq!((page.is_public, page.history_days), (false, 90));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        for (keys, expected) in [
            ("title = \"T\"\nmatch = []", "status_page[0].name: is missing"),
            (
                "name = \"Shop\"\ntitle = \"T\"\nmatch = []",
                "status_page[0].name: may have only lower-case letters",
            ),
            ("name = \"assets\"\ntitle = \"T\"\nmatch = []", "status_page[0].name: must not be \"assets\""),
            ("name = \"a\"\nmatch = []", "status_page[0].title: is missing"),
            ("name = \"a\"\ntitle = \"T\"", "status_page[0].match: is missing: choose the targets"),
            ("name = \"a\"\ntitle = \"T\"\nmatch = [\"x\"]", "status_page[0].match[0]: must be FIELD="),
            (
                "name = \"a\"\ntitle = \"T\"\nmatch = []\nhistory_days = 91",
                "status_page[0].history_days: must be from 7 to 90",
            ),
            (
                "name = \"a\"\ntitle = \"T\"\nmatch = []\ncontact = \"javascript:alert(1)\"",
                "status_page[0].contact: must be an https://",
            ),
            (
                "name = \"a\"\ntitle = \"T\"\nmatch = []\nurl = \"status.example.org\"",
                "status_page[0].url: must be an http",
            ),
            (
                "name = \"a\"\ntitle = \"T\"\nmatch = []\ntime_zone = \"Berlin\"",
                "status_page[0].time_zone: is not a known",
            ),
            (
                "name = \"a\"\ntitle = \"T\"\nmatch = []\npublick = true",
                "status_page[0].publick: unknown key",
            ),
        ] {
            let refused = read(&format!("[[status_page]]\n{keys}\n")).unwrap_err();
            assert!(refused.contains(expected), "{expected} is not in {refused}");
        }
        let page = "[[status_page]]\nname = \"a\"\ntitle = \"T\"\nmatch = []\n";
        let twice = read(&page.repeat(2)).unwrap_err();
        assert!(twice.contains("status_page[1].name: is the name of an earlier status page"), "{twice}");
        let many = read(&page.repeat(MAX_STATUS_PAGES + 1)).unwrap_err();
        assert!(many.contains("has 21 items, the limit is 20"), "{many}");
    }

    #[test]
    fn targets_are_chosen_by_groups_and_matchers() {
        let (shop, other) = ([("target", "a"), ("group", "shop")], [("target", "b"), ("group", "other")]);
        let shows = |keys: &str| [shop, other].map(|labels| page(keys).shows(&series(&labels)));
        assert_eq!(shows("groups = [\"shop\"]"), [true, false]);
        assert_eq!(shows("match = ['target=\"b\"']"), [false, true]);
        assert_eq!(shows("match = ['target=~\"a|b\"']\ngroups = [\"shop\"]"), [true, false]);
        assert_eq!(shows("match = []"), [true, true]);
    }

    #[test]
    fn a_target_is_shown_by_the_name_for_readers_and_never_by_an_address() {
        let page = page(
            "match = []\n[status_page.display_names]\nshop = \"Web shop\"\n\"db.internal\" = \"Database\"",
        );
        let shown = |labels: &[(&str, &str)]| page.display_name(&series(labels)).map(str::to_owned);
        let name = |target| shown(&[("target", target)]);
        assert_eq!(name("shop").as_deref(), Some("Web shop"));
        assert_eq!(name("db.internal").as_deref(), Some("Database"));
        assert_eq!(name("blog").as_deref(), Some("blog"));
        assert_eq!(shown(&[("target", "db.x"), ("title", "Orders")]).as_deref(), Some("Orders"));
        for address in
            ["10.0.0.7", "db1.internal", "https://shop", "db:5432", "[::1]", "a@b", "host db1.internal", ""]
        {
            assert_eq!(name(address), None, "{address}");
        }
    }
}
