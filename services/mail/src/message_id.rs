//! The `Message-ID` header (RFC 5322, 3.6.4).

use std::fmt;
use watchkeeper_domain::{MailAddress, Violation};

/// Maximum length of a mail ID in bytes: it is part of a header line and of a file name.
pub const MAX_ID_BYTES: usize = 128;

/// `<id@host of the sender>`.
pub(super) struct MessageId<'a> {
    id: &'a str,
    host: &'a str,
}

impl<'a> MessageId<'a> {
    /// Validates the ID of `field`.
    pub(super) fn new(field: &str, id: &'a str, sender: &'a MailAddress) -> Result<Self, Violation> {
        let wrong = |reason: String| Err(Violation::new(field, reason));
        if id.len() > MAX_ID_BYTES {
            return wrong(format!("has {} bytes, the limit is {MAX_ID_BYTES}", id.len()));
        }
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !id.split('.').all(is_word) {
            return wrong(format!("must be words of letters, digits and - with a . between two, is {id:?}"));
        }
        Ok(Self { id, host: sender.host() })
    }
}

impl fmt::Display for MessageId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}@{}>", self.id, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_words_with_dots_between_them() {
        let sender = "Ops <ops@example.org>".parse().unwrap();
        let of = |id: &str| MessageId::new("id", id, &sender).map(|id| id.to_string());
        assert_eq!(of("a1-B.2"), Ok("<a1-B.2@example.org>".into()));
        for id in ["", ".", ".a", "a.", "a..b", "a b", "a/b", "a:b", "a@b", "é", "a\r\nb", "a>"] {
            let reason = format!("must be words of letters, digits and - with a . between two, is {id:?}");
            assert_eq!(of(id), Err(Violation::new("id", reason)));
        }
        let longest = "x".repeat(MAX_ID_BYTES);
        assert_eq!(of(&longest), Ok(format!("<{longest}@example.org>")));
        let reason = "has 129 bytes, the limit is 128";
        assert_eq!(of(&format!("{longest}x")), Err(Violation::new("id", reason)));
    }
}
