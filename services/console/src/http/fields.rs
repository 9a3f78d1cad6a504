//! The fields of a form, or of a query.

use form_urlencoded::parse;

/// Names and values, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Those of a body of `application/x-www-form-urlencoded`. Any text is read.
    pub(super) fn of_body(body: &str) -> Self {
        Self(parse(body.as_bytes()).into_owned().collect())
    }

    pub(super) fn of_query(query: Vec<(String, String)>) -> Self {
        Self(query)
    }

    /// The first value of a field; empty if there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// The same, without spaces around it; `None` if nothing else is left.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.one(name).trim().to_owned()).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_field_is_decoded_and_empty_if_it_is_missing() {
        let fields = Fields::of_body("matchers=rule%3D%22a%22%0D%0Ahost%3Db&by=+&comment=a+b");
        assert_eq!(fields.one("matchers"), "rule=\"a\"\r\nhost=b");
        assert_eq!((fields.given("by"), fields.given("comment")), (None, Some("a b".to_owned())));
        assert_eq!(fields.one("missing"), "");
    }

    proptest! {
        #[test]
        fn any_body_is_read(body in "\\PC{0,40}") {
            Fields::of_body(&body).one("a");
        }
    }
}
