//! Mail addresses.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Longest address as written, with the name, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 320;
/// Longest mailbox, in bytes: what an SMTP path holds between `<` and `>` (RFC 5321, 4.5.3.1.3).
pub const MAX_MAILBOX_BYTES: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
pub const MAX_LOCAL_BYTES: usize = 64;
/// Longest label of a host name, in bytes (RFC 1035, 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// A sender or recipient: `ops@example.org`, `Ops <ops@example.org>`, `"Ops @ night" <ops@example.org>`.
///
/// Every mail server accepts it: the mailbox is ASCII, an internationalised host is converted to its `xn--`
/// form (IDNA), and an IPv4 address is put in brackets. The name may be in any script. Whether the mailbox
/// exists, only its server knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MailAddress {
    text: String,
    name: Option<String>,
    local: String,
    host: String,
}

/// The text is not an address, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address such as ops@example.org or Ops <ops@example.org>: {0}")]
pub struct MailAddressError(String);

impl MailAddress {
    /// As written; parses back to the same address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The mailbox, which identifies the recipient: `ops@example.org`. The name is not part of it, and the host is in
    /// lower case, because its case does not matter (RFC 5321, 2.4).
    pub fn mailbox(&self) -> String {
        format!("{}@{}", self.local, self.host.to_ascii_lowercase())
    }

    /// The name, without quotes.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part after the `@`, as sent to the mail server: `example.org`, `xn--e1afmkfd.xn--p1ai`,
    /// `[192.0.2.1]`.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for MailAddress {
    type Err = MailAddressError;

    fn from_str(text: &str) -> Result<Self, MailAddressError> {
        let text = text.trim();
        if text.len() > MAX_ADDRESS_BYTES {
            return wrong(format!("has {} bytes, the limit is {MAX_ADDRESS_BYTES}", text.len()));
        }
        if let Some(found) = text.chars().find(|c| c.is_control()) {
            return wrong(format!("must not contain control characters but has {found:?}"));
        }
        let (name, mailbox) = match text.strip_suffix('>').and_then(|named| named.rsplit_once('<')) {
            Some((name, mailbox)) => (read_name(name.trim())?, mailbox),
            None => (None, text),
        };
        let Some((local, host)) = mailbox.rsplit_once('@') else {
            return wrong(format!("{mailbox:?} has no @"));
        };
        check_local(local)?;
        let host = read_host(host)?;
        let bytes = local.len() + "@".len() + host.len();
        if bytes > MAX_MAILBOX_BYTES {
            return wrong(format!("has {bytes} bytes without the name, the limit is {MAX_MAILBOX_BYTES}"));
        }
        Ok(Self { text: text.to_owned(), name, local: local.to_owned(), host })
    }
}

fn wrong<T>(reason: impl Into<String>) -> Result<T, MailAddressError> {
    Err(MailAddressError(reason.into()))
}

/// The name before `<`, bare or quoted.
fn read_name(written: &str) -> Result<Option<String>, MailAddressError> {
    let quoted = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let name = match quoted {
        Some(quoted) => unquoted(quoted),
        None => (!written.contains(['<', '>', '@', '"', '\\'])).then(|| written.to_owned()),
    };
    let Some(name) = name else {
        return wrong(
            r#"a name that has any of <>@"\ must be in quotes, with a \ before each " and \ in it"#,
        );
    };
    Ok(Some(name.trim()).filter(|name| !name.is_empty()).map(str::to_owned))
}

/// The text between quotes, with `\` escapes resolved; `None` if the quotes end earlier.
fn unquoted(text: &str) -> Option<String> {
    let (mut name, mut rest) = (String::new(), text.chars());
    while let Some(next) = rest.next() {
        name.push(match next {
            '"' => return None,
            '\\' => rest.next()?,
            next => next,
        });
    }
    Some(name)
}

/// A quoted local part (RFC 5321, 4.1.2) is of no use to anybody and is refused.
fn check_local(local: &str) -> Result<(), MailAddressError> {
    if local.len() > MAX_LOCAL_BYTES {
        return wrong(format!("has {} bytes before the @, the limit is {MAX_LOCAL_BYTES}", local.len()));
    }
    if !local.is_ascii() {
        return wrong("the part before the @ must be ASCII: use an ASCII alias of the mailbox");
    }
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if !local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom)) {
        return wrong(format!(
            "before the @ there must be letters, digits and any of !#$%&'*+-/=?^_`{{|}}~ with single dots in between, \
             but is {local:?}"
        ));
    }
    Ok(())
}

/// The host as sent to mail servers.
fn read_host(written: &str) -> Result<String, MailAddressError> {
    if let Some(literal) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let is_ip = match literal.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        };
        return if is_ip { Ok(written.to_owned()) } else { wrong_host(written) };
    }
    let ascii = if written.is_ascii() { Ok(written.to_owned()) } else { idna::domain_to_ascii(written) };
    match ascii {
        Ok(host) if host.parse::<Ipv4Addr>().is_ok() => Ok(format!("[{host}]")),
        Ok(host) if is_host(&host) => Ok(host),
        _ => wrong_host(written),
    }
}

fn wrong_host<T>(written: &str) -> Result<T, MailAddressError> {
    wrong(format!(
        "after the @ there must be the name of a host, or an IP address as [192.0.2.1] or [IPv6:2001:db8::1], \
         but is {written:?}"
    ))
}

/// Names with `_` do not exist on the internet, but some container networks have them.
fn is_host(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let ends = [label.bytes().next(), label.bytes().next_back()];
        label.len() <= MAX_LABEL_BYTES
            && label.bytes().all(inner)
            && ends.iter().all(|end| end.is_some_and(|b| b.is_ascii_alphanumeric()))
    };
    name.split('.').all(is_label)
}

/// As written.
impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> MailAddress {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> String {
        let error = text.parse::<MailAddress>().unwrap_err().to_string();
        let what = "must be a mail address such as ops@example.org or Ops <ops@example.org>: ";
        error.strip_prefix(what).unwrap().to_owned()
    }

    #[test]
    fn an_address_is_taken_alone_or_with_a_name() {
        for (text, name) in [
            ("ops@example.org", None),
            ("<ops@example.org>", None),
            ("\"\" <ops@example.org>", None),
            ("Ops <ops@example.org>", Some("Ops")),
            ("Ops, night (2) <ops@example.org>", Some("Ops, night (2)")),
            (r#""Ops @ \"night\" \\" <ops@example.org>"#, Some(r#"Ops @ "night" \"#)),
            ("Дежурный<ops@example.org>", Some("Дежурный")),
        ] {
            let address = read(text);
            assert_eq!((address.name(), address.local(), address.host()), (name, "ops", "example.org"));
            assert_eq!(address.as_str(), text);
        }
        assert_eq!(read(" ops@example.org\t").to_string(), "ops@example.org");
    }

    #[test]
    fn the_mailbox_has_no_name_and_the_case_of_its_host_does_not_matter() {
        for text in ["ops@example.org", "Ops <ops@Example.ORG>", "\"Night\" <ops@EXAMPLE.org>"] {
            assert_eq!(read(text).mailbox(), "ops@example.org");
        }
        assert_eq!(
            read("Ops@example.org").mailbox(),
            "Ops@example.org",
            "only its server knows whether it is ops"
        );
    }

    #[test]
    fn a_host_of_another_script_is_converted_and_an_ip_address_stands_in_brackets() {
        for (host, told) in [
            ("localhost", "localhost"),
            ("db-1.my_net", "db-1.my_net"),
            ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
            ("[192.0.2.1]", "[192.0.2.1]"),
            ("192.0.2.1", "[192.0.2.1]"),
            ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(read(&format!("ops@{host}")).host(), told);
        }
        let long = "x".repeat(MAX_LABEL_BYTES + 1);
        let wrong =
            ["", ".", "a..b", "a.", ".a", "-a", "a-", "_a", "a b", "a,b", "[", "[]", "[::1]", "[IPv6:x]"];
        for host in wrong.into_iter().chain(["[192.0.2]", "a:1", "a/b", "\u{ad}", "a\u{3002}", &long]) {
            let expected = "after the @ there must be the name of a host, or an IP address as [192.0.2.1] or \
                            [IPv6:2001:db8::1], but is ";
            assert_eq!(refused(&format!("ops@{host}")), format!("{expected}{host:?}"));
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_refused_with_the_reason() {
        assert_eq!((refused(""), refused("ops")), ("\"\" has no @".into(), "\"ops\" has no @".into()));
        for local in ["", "a b", "a,b", "a..b", ".a", "a.", "a@b", "\"a b\"", "<a", "Ops <a"] {
            let expected = "before the @ there must be letters, digits and any of !#$%&'*+-/=?^_`{|}~ with single \
                            dots in between, but is ";
            assert_eq!(refused(&format!("{local}@example.org")), format!("{expected}{local:?}"));
        }
        let alias = "the part before the @ must be ASCII: use an ASCII alias of the mailbox";
        assert_eq!(refused("почта@example.org"), alias);
        let quotes = r#"a name that has any of <>@"\ must be in quotes, with a \ before each " and \ in it"#;
        for name in ["a@b", "a@b, Ops", "Ops <a@b>, Night", "\"a\" b", "\"a\"b\"", "\"a\\\"", "\"", "a\\b"] {
            assert_eq!(refused(&format!("{name} <ops@example.org>")), quotes, "{name}");
        }
        assert_eq!(
            refused("ops@example.org\r\nBcc: all@example.org"),
            "must not contain control characters but has '\\r'"
        );
    }

    #[test]
    fn the_bounds_of_length_can_be_reached() {
        let local = |bytes: usize| format!("{}@example.org", "x".repeat(bytes));
        read(&local(MAX_LOCAL_BYTES));
        assert_eq!(refused(&local(MAX_LOCAL_BYTES + 1)), "has 65 bytes before the @, the limit is 64");

        let host = |bytes: usize| format!("a@{}{}", "x.".repeat(100), "x".repeat(bytes - "a@".len() - 200));
        read(&host(MAX_MAILBOX_BYTES));
        let reason = "has 255 bytes without the name, the limit is 254";
        assert_eq!(refused(&host(MAX_MAILBOX_BYTES + 1)), reason);

        let named = |bytes: usize| format!("{} <a@b>", "x".repeat(bytes - " <a@b>".len()));
        read(&named(MAX_ADDRESS_BYTES));
        assert_eq!(refused(&named(MAX_ADDRESS_BYTES + 1)), "has 321 bytes, the limit is 320");
    }

    proptest! {
        #[test]
        fn an_address_is_ascii_on_one_line_and_reads_back(
            text in "([^@]{0,9}<)?([a-z.+é\"\\\\ ]{0,9}|\\PC{0,6})@?([a-zéя.\\[\\]:0-9-]{0,9}|\\PC{0,6})>?",
        ) {
            if let Ok(address) = text.parse::<MailAddress>() {
                prop_assert!(address.local().is_ascii() && address.host().is_ascii());
                prop_assert!(!address.as_str().contains(char::is_control));
                prop_assert_eq!(address.as_str().parse::<MailAddress>(), Ok(address));
            }
        }
    }
}
