//! Mail addresses.

use lettre::message::Mailbox;
use std::fmt;
use std::str::FromStr;

/// Longest address, its name included, in bytes. Without the name no more than 254 could be sent to (RFC
/// 5321, 4.5.3.1.3).
pub const MAX_ADDRESS_BYTES: usize = 320;

/// Who sends or receives mail: `ops@example.org` or `Ops <ops@example.org>`. The name may be of any script,
/// the rest is ASCII, so that every mail server takes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(Mailbox);

/// A text that is no mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be NAME@HOST or TEXT <NAME@HOST>: {0}")]
pub struct AddressError(String);

impl Address {
    /// As the builder of messages has it.
    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.0
    }

    /// What comes after the `@`.
    pub(super) fn host(&self) -> &str {
        self.0.email.domain()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |reason: String| Err(AddressError(reason));
        if text.len() > MAX_ADDRESS_BYTES {
            return wrong(format!("has {} bytes, the limit is {MAX_ADDRESS_BYTES}", text.len()));
        }
        if let Some(found) = text.chars().find(|c| c.is_control()) {
            return wrong(format!("may not hold control characters but has {found:?}"));
        }
        let Ok(mailbox) = text.parse::<Mailbox>() else {
            return wrong(format!("{text:?} is not; a TEXT with other marks than . must be quoted"));
        };
        if !mailbox.email.to_string().is_ascii() {
            return wrong("NAME and HOST must be ASCII, a HOST of another script in its xn-- form".into());
        }
        Ok(Self(mailbox))
    }
}

/// As it is written in a configuration; reads back as the same.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_with_and_without_a_name_are_read() {
        for text in [
            "ops@example.org",
            "watchkeeper@localhost",
            "first.last+tag@sub.example.org",
            "Ops <ops@example.org>",
            "Watchkeeper on db-1.example.org <watchkeeper@db-1.example.org>",
            "\"Ops, at night\" <ops@example.org>",
            "Дежурный <ops@example.org>",
            "ops@xn--e1afmkfd.xn--p1ai",
        ] {
            let address: Address = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(address.to_string().parse(), Ok(address), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<Address>().unwrap_err().to_string();
        let what = "must be NAME@HOST or TEXT <NAME@HOST>: ";
        for text in ["", "ops", "ops@", "@example.org", "a@b@c", "a b@c", "<a@b", "a@b, c@d", "a@b <c@d>"] {
            let not = format!("{what}{text:?} is not; a TEXT with other marks than . must be quoted");
            assert_eq!(refused(text), not);
        }
        assert_eq!(
            refused("ops@example.org\r\nBcc: all@example.org"),
            format!("{what}may not hold control characters but has '\\r'")
        );
        let ascii = format!("{what}NAME and HOST must be ASCII, a HOST of another script in its xn-- form");
        assert_eq!((refused("почта@example.org"), refused("ops@пример.рф")), (ascii.clone(), ascii));
        let long = |bytes: usize| format!("{} <a@b>", "x".repeat(bytes - " <a@b>".len()));
        assert!(long(MAX_ADDRESS_BYTES).parse::<Address>().is_ok());
        assert_eq!(refused(&long(MAX_ADDRESS_BYTES + 1)), format!("{what}has 321 bytes, the limit is 320"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Address>();
        }

        #[test]
        fn what_is_almost_an_address_is_one_that_reads_back_or_none(
            text in "[a-z\"\\\\<>@ .,:;()\\[\\]é-]{0,20}@[a-z.\\[\\]é]{1,6}>?",
        ) {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
            }
        }
    }
}
