//! The configuration of a DNS check.

use crate::sources::uptime::address::Address;
use crate::sources::uptime::body::{MAX_CONDITION_BYTES, read_regex};
use regex::Regex;
use simple_dns::{Name, TYPE};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use watchkeeper_config::Section;

/// The port of DNS servers.
pub(super) const PORT: u16 = 53;
/// Most expected answers of one target.
pub const MAX_EXPECTED_ANSWERS: usize = 20;
/// Most records that a reason shows.
const MAX_SHOWN: usize = 3;

/// A type of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the registry of DNS parameters")]
pub enum RecordType {
    #[default]
    A,
    Aaaa,
    Caa,
    Cname,
    Mx,
    Ns,
    Ptr,
    Soa,
    Srv,
    Txt,
}

/// By name.
const TYPES: [(&str, RecordType, TYPE); 10] = [
    ("A", RecordType::A, TYPE::A),
    ("AAAA", RecordType::Aaaa, TYPE::AAAA),
    ("CAA", RecordType::Caa, TYPE::CAA),
    ("CNAME", RecordType::Cname, TYPE::CNAME),
    ("MX", RecordType::Mx, TYPE::MX),
    ("NS", RecordType::Ns, TYPE::NS),
    ("PTR", RecordType::Ptr, TYPE::PTR),
    ("SOA", RecordType::Soa, TYPE::SOA),
    ("SRV", RecordType::Srv, TYPE::SRV),
    ("TXT", RecordType::Txt, TYPE::TXT),
];

/// Not a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV, TXT")]
pub struct RecordTypeError;

impl FromStr for RecordType {
    type Err = RecordTypeError;

    fn from_str(text: &str) -> Result<Self, RecordTypeError> {
        let known = TYPES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(text));
        known.map(|(_, record, _)| *record).ok_or(RecordTypeError)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().0)
    }
}

impl RecordType {
    fn row(self) -> &'static (&'static str, Self, TYPE) {
        TYPES.iter().find(|(_, record, _)| *record == self).unwrap_or(&TYPES[0])
    }

    /// As in messages.
    pub(super) fn code(self) -> TYPE {
        self.row().2
    }

    /// Whether upper case differs from lower case in its values.
    fn is_text(self) -> bool {
        matches!(self, Self::Txt | Self::Caa)
    }
}

/// A query, and what its answer must be. Without a condition, one record of the type is enough.
#[derive(Clone, Debug)]
pub struct DnsCheck {
    /// The server; `None` for the first one of this host.
    pub server: Option<Address>,
    /// The name.
    pub name: String,
    /// The type.
    pub record: RecordType,
    /// The values that records may have; any if empty.
    pub expect: Vec<String>,
    /// An expression that every record must match.
    pub matches: Option<Regex>,
}

impl PartialEq for DnsCheck {
    fn eq(&self, other: &Self) -> bool {
        let parts = |check: &Self| {
            let matches = check.matches.as_ref().map(|regex| regex.as_str().to_owned());
            (check.server.clone(), check.name.clone(), check.record, check.expect.clone(), matches)
        };
        parts(self) == parts(other)
    }
}

impl Eq for DnsCheck {}

impl DnsCheck {
    /// Reads what follows `dns://`: `SERVER[:PORT]/NAME`, or `/NAME`; and the keys `record`, `expect_answer` and
    /// `answer_matches`.
    pub(in crate::sources::uptime) fn read(section: &mut Section<'_>, rest: &str) -> Option<Self> {
        let record: RecordType = section.parsed("record").unwrap_or_default();
        let expect = section.parsed_list("expect_answer", MAX_EXPECTED_ANSWERS);
        if let Some(long) = expect.iter().find(|answer: &&String| answer.len() > MAX_CONDITION_BYTES) {
            let reason = format!("an answer has {} bytes, the limit is {MAX_CONDITION_BYTES}", long.len());
            section.refuse("expect_answer", reason);
        }
        let matches = read_regex(section, "answer_matches");
        let (server, name) = rest.split_once('/').unwrap_or_default();
        let server = match server {
            "" => None,
            server => Some(Address::with_default_port(server, PORT)),
        };
        let name = queried(name.trim_end_matches('.'), record);
        let (Some(name), Some(server)) = (name, server.map_or(Some(None), |server| server.ok().map(Some)))
        else {
            section.refuse(
                "url",
                "must be dns://SERVER/NAME or dns:///NAME, such as dns://192.0.2.53/example.com",
            );
            return None;
        };
        Some(Self { server, name, record, expect, matches })
    }

    /// Why these records are not as expected: `answered 192.0.2.7, expected 192.0.2.1`.
    pub(super) fn unmet(&self, records: &[String]) -> Option<String> {
        let Self { name, record, .. } = self;
        if records.is_empty() {
            return Some(format!("{name} has no {record} record"));
        }
        let is_expected = |found: &&String| {
            let found = self.normal(found);
            self.expect.is_empty() || self.expect.iter().any(|expected| self.normal(expected) == found)
        };
        if !records.iter().all(|found| is_expected(&found)) {
            return Some(format!("answered {}, expected {}", listed(records), self.expect.join(" or ")));
        }
        let expression = self.matches.as_ref()?;
        let other = records.iter().find(|found| !expression.is_match(found))?;
        Some(format!("answered {other}, which does not match {:?}", expression.as_str()))
    }

    /// The same for all spellings of a value.
    fn normal(&self, value: &str) -> String {
        match value.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) if self.record.is_text() => value.to_owned(),
            Err(_) => value.trim_end_matches('.').to_ascii_lowercase(),
        }
    }
}

/// The name to ask for; that of an address for PTR.
fn queried(name: &str, record: RecordType) -> Option<String> {
    let is_name = name.split('.').all(|label| !label.is_empty())
        && !name.contains(['/', '?', ' '])
        && Name::new(name).is_ok();
    match name.parse::<IpAddr>() {
        Ok(address) if record == RecordType::Ptr => Some(reverse(address)),
        _ => is_name.then(|| name.to_owned()),
    }
}

/// RFC 1035, section 3.5, and RFC 3596, section 2.5.
fn reverse(address: IpAddr) -> String {
    let mut labels: Vec<String> = match address {
        IpAddr::V4(address) => address.octets().map(|octet| octet.to_string()).into(),
        IpAddr::V6(address) => address
            .octets()
            .iter()
            .flat_map(|octet| [octet >> 4, octet & 15])
            .map(|four| format!("{four:x}"))
            .collect(),
    };
    labels.reverse();
    let zone = if address.is_ipv4() { "in-addr.arpa" } else { "ip6.arpa" };
    format!("{}.{zone}", labels.join("."))
}

fn listed(records: &[String]) -> String {
    let shown = records.iter().take(MAX_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match records.len().saturating_sub(MAX_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(record: RecordType, expect: &[&str], matches: Option<&str>) -> DnsCheck {
        DnsCheck {
            server: None,
            name: "example.com".to_owned(),
            record,
            expect: expect.iter().map(|&answer| answer.to_owned()).collect(),
            matches: matches.map(|expression| Regex::new(expression).unwrap()),
        }
    }

    fn unmet(check: &DnsCheck, records: &[&str]) -> String {
        let records: Vec<_> = records.iter().map(|&record| record.to_owned()).collect();
        check.unmet(&records).unwrap_or_default()
    }

    #[test]
    fn every_record_must_be_one_that_is_expected() {
        let two = check(RecordType::A, &["192.0.2.1", "192.0.2.2"], None);
        assert_eq!(unmet(&two, &["192.0.2.2"]), "");
        assert_eq!(unmet(&two, &["192.0.2.1", "192.0.2.2"]), "");
        assert_eq!(
            unmet(&two, &["192.0.2.1", "192.0.2.7"]),
            "answered 192.0.2.1, 192.0.2.7, expected 192.0.2.1 or 192.0.2.2"
        );
        assert_eq!(unmet(&check(RecordType::A, &[], None), &[]), "example.com has no A record");
        let many = unmet(&check(RecordType::A, &["x"], None), &["a", "b", "c", "d", "e"]);
        assert_eq!(many, "answered a, b, c and 2 more, expected x");
    }

    #[test]
    fn spellings_of_one_value_are_the_same() {
        let mx = check(RecordType::Mx, &["10 Mail.example.com."], None);
        assert_eq!(unmet(&mx, &["10 mail.example.com"]), "");
        assert_eq!(unmet(&check(RecordType::Aaaa, &["2001:DB8:0::1"], None), &["2001:db8::1"]), "");
        assert_ne!(unmet(&check(RecordType::Txt, &["V=Spf1"], None), &["v=spf1"]), "");
    }

    #[test]
    fn every_record_must_match_the_expression() {
        let ns = check(RecordType::Ns, &[], Some(r"\.example\.net$"));
        assert_eq!(unmet(&ns, &["a.example.net", "b.example.net"]), "");
        assert_eq!(
            unmet(&ns, &["a.example.net", "evil.test"]),
            r#"answered evil.test, which does not match "\\.example\\.net$""#
        );
    }

    #[test]
    fn an_address_is_asked_for_by_its_reverse_name() {
        let of = |address: &str| queried(address, RecordType::Ptr).unwrap();
        assert_eq!(of("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        assert_eq!(of("2001:db8::1"), format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23)));
        assert_eq!(of("1.2.0.192.in-addr.arpa"), "1.2.0.192.in-addr.arpa");
    }

    #[test]
    fn every_type_is_read_by_its_name() {
        for (name, record, _) in TYPES {
            assert_eq!((name.to_lowercase().parse(), record.to_string()), (Ok(record), name.to_owned()));
        }
        assert_eq!("ANY".parse::<RecordType>(), Err(RecordTypeError));
    }
}
