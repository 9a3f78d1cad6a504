//! Page tokens.

use data_encoding::BASE64URL_NOPAD;
use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::Violation;
use watchkeeper_domain::limits::MAX_KEY_BYTES;
use watchkeeper_rules::MAX_RULE_NAME_BYTES;

/// Maximum length of a cursor in bytes: base64 of the longest alert key. It fits into the head of a request.
pub const MAX_CURSOR_BYTES: usize = (MAX_RULE_NAME_BYTES + 1 + MAX_KEY_BYTES).div_ceil(3) * 4;

/// The next page starts after this series, at the same origin as the previous page.
///
/// Opaque to clients: base64url of the letter of the origin and the series key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Where the previous page came from.
    pub origin: Origin,
    /// The key of the last series on the previous page.
    pub after: String,
}

/// Where the pages of a result come from. All come from the same, or series could be missed between pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The cache of the latest samples.
    Cache,
    /// The store.
    Store,
}

impl Origin {
    const fn letter(self) -> char {
        match self {
            Self::Cache => 'c',
            Self::Store => 's',
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format!("{}{}", self.origin.letter(), self.after);
        f.write_str(&sealed(&plain))
    }
}

impl FromStr for Cursor {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        opened(text).and_then(|plain| decode(&plain)).ok_or_else(no_cursor)
    }
}

/// Encodes a cursor, so that clients treat it as opaque.
pub(crate) fn sealed(plain: &str) -> String {
    BASE64URL_NOPAD.encode(plain.as_bytes())
}

/// Decodes the text of [`sealed`].
pub(crate) fn opened(text: &str) -> Option<String> {
    let bytes = (text.len() <= MAX_CURSOR_BYTES).then(|| BASE64URL_NOPAD.decode(text.as_bytes()))?;
    String::from_utf8(bytes.ok()?).ok()
}

/// The error for an invalid cursor.
pub(crate) fn no_cursor() -> Violation {
    Violation::new("page", "must be the token that the previous page returned")
}

fn decode(plain: &str) -> Option<Cursor> {
    let origin =
        [Origin::Cache, Origin::Store].into_iter().find(|origin| plain.starts_with(origin.letter()))?;
    Some(Cursor { origin, after: plain[1..].to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::Series;
    use watchkeeper_domain::limits::{MAX_LABELS_BYTES, MAX_NAME_BYTES, MAX_SOURCE_BYTES, MAX_UNIT_BYTES};

    #[test]
    fn the_longest_key_has_a_cursor() {
        // Label names take one byte; all other bytes are escaped.
        let value = "\"".repeat(MAX_LABELS_BYTES / 8 - 1);
        let labels = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, value.as_str()));
        let of = |bytes: usize| "x".repeat(bytes);
        let (source, name, unit) = (of(MAX_SOURCE_BYTES), of(MAX_NAME_BYTES), of(MAX_UNIT_BYTES));
        let after = Series::new(&source, &name, &unit, &labels).unwrap().key().to_owned();
        assert!(after.len() <= MAX_KEY_BYTES);
        let cursor = Cursor { origin: Origin::Store, after };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_no_page_has_said_is_refused() {
        for text in ["", "page2", "2", "=", &BASE64URL_NOPAD.encode(b"x"), &"c".repeat(MAX_CURSOR_BYTES + 1)]
        {
            let refused = text.parse::<Cursor>().unwrap_err().to_string();
            assert_eq!(refused, "page: must be the token that the previous page returned");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(after in "\\PC*", from_cache: bool) {
            let origin = if from_cache { Origin::Cache } else { Origin::Store };
            let cursor = Cursor { origin, after };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-_A-Za-z0-9]*|\\PC*") {
            let _: Result<Cursor, Violation> = text.parse();
        }
    }
}
