//! Addresses of mail.

use std::fmt;
use std::str::FromStr;

/// Longest address with its name, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 320;

/// An address of mail, alone or with a name: `ops@example.org`, `Operations <ops@example.org>`.
///
/// Not more is checked than that it is one line that a mail's head can hold. Whether there is such a mailbox,
/// only its server knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MailAddress(String);

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address such as ops@example.org, of at most {MAX_ADDRESS_BYTES} bytes")]
pub struct MailAddressError;

impl MailAddress {
    /// The mailbox that stands in where none is given.
    pub(super) fn local() -> Self {
        Self("watchkeeper@localhost".to_owned())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MailAddress {
    type Err = MailAddressError;

    fn from_str(text: &str) -> Result<Self, MailAddressError> {
        let text = text.trim();
        let (name, mailbox) = match text.strip_suffix('>') {
            Some(named) => named.rsplit_once('<').ok_or(MailAddressError)?,
            None => ("", text),
        };
        let is_one_line = !text.contains(char::is_control) && text.len() <= MAX_ADDRESS_BYTES;
        if is_one_line && !name.contains(['<', '>']) && is_mailbox(mailbox) {
            Ok(Self(text.to_owned()))
        } else {
            Err(MailAddressError)
        }
    }
}

/// Whether it is `user@host`. Quoted users (RFC 5321, 4.1.2) are of no use to anybody and are refused.
fn is_mailbox(text: &str) -> bool {
    let is_host = |c: char| c.is_alphanumeric() || "-._:[]".contains(c);
    let is_user = |c: char| !c.is_whitespace() && !"\"(),:;<>[\\]@".contains(c);
    text.rsplit_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && user.chars().all(is_user) && !host.is_empty() && host.chars().all(is_host)
    })
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_taken_alone_or_with_a_name() {
        for text in [
            "ops@example.org",
            "ops+alerts@[192.0.2.1]",
            "Operations <ops@example.org>",
            "\"Ops, night shift\" <ops@localhost>",
            "Дежурный <ops@пример.рф>",
        ] {
            assert_eq!(text.parse::<MailAddress>().unwrap().as_str(), text);
        }
        assert_eq!(" ops@example.org ".parse::<MailAddress>().unwrap().to_string(), "ops@example.org");
    }

    #[test]
    fn text_that_is_no_address_is_refused() {
        let long = |bytes: usize| format!("{}@example.org", "x".repeat(bytes - "@example.org".len()));
        assert!(long(MAX_ADDRESS_BYTES).parse::<MailAddress>().is_ok());
        let refused = [
            "",
            "ops",
            "@example.org",
            "ops@",
            "a b@example.org",
            "a,b@example.org",
            "a@b@example.org",
            "ops@example.org\r\nBcc: all@example.org",
            "A <ops@example.org",
            "A> <ops@example.org>",
            "ops@example.org>",
            &long(MAX_ADDRESS_BYTES + 1),
        ];
        for text in refused {
            assert_eq!(text.parse::<MailAddress>(), Err(MailAddressError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_one_line_with_one_mailbox(text in "(\\PC{0,6} <)?[^\"]{0,6}@?\\PC{0,6}>?") {
            if let Ok(address) = text.parse::<MailAddress>() {
                prop_assert!(address.as_str().contains('@') && !address.as_str().contains(['\r', '\n']));
            }
        }
    }
}
