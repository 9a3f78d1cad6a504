//! Where readers ask for help.

/// A link: to a page, or to write a mail.
pub(super) struct Contact<'a> {
    pub(super) href: &'a str,
    pub(super) text: &'a str,
}

impl<'a> Contact<'a> {
    /// From an address that was checked when the configuration was read.
    pub(super) fn new(href: &'a str) -> Self {
        let text = href.strip_prefix("mailto:").map(|mail| mail.split('?').next().unwrap_or(mail));
        let without_scheme = || href.split_once("://").map_or(href, |(_, rest)| rest).trim_end_matches('/');
        Self { href, text: text.unwrap_or_else(without_scheme) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_shown_without_what_is_for_programs() {
        let shown = ["mailto:help@example.org?subject=Status", "https://example.org/help/"];
        assert_eq!(shown.map(|href| Contact::new(href).text), ["help@example.org", "example.org/help"]);
    }
}
