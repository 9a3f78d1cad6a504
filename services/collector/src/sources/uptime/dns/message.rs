//! Messages of DNS (RFC 1035).

use super::config::RecordType;
use crate::sources::uptime::failure;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Most records of an answer that are judged.
const MAX_RECORDS: usize = 100;

/// A query.
#[derive(Debug)]
pub(super) struct Query {
    id: u16,
    name: String,
    record: RecordType,
    bytes: Vec<u8>,
}

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The values of the records of the type, as in zone files without quotes; empty if there is none.
    Records(Vec<String>),
    /// It answered that it cannot or does not want to, or that there is no such name.
    Refused(String),
    /// It did not answer.
    Failed(String),
}

impl Answer {
    pub(super) fn silence(server: IpAddr, within: Duration) -> Self {
        Self::Failed(format!("no answer from DNS server {server} within {}", failure::spelled(within)))
    }
}

impl Query {
    pub(super) fn new(name: &str, record: RecordType) -> Self {
        let id = rand::random();
        let mut packet = Packet::new_query(id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        // The configuration has no name that cannot be asked for.
        if let Ok(name) = Name::new(name) {
            let (kind, class) = (QTYPE::TYPE(record.code()), QCLASS::CLASS(CLASS::IN));
            packet.questions.push(Question::new(name, kind, class, false));
        }
        let bytes = packet.build_bytes_vec().unwrap_or_default();
        Self { id, name: name.to_owned(), record, bytes }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a received message answers this query: another one may come late, or from an attacker.
    pub(super) fn is_answered_by(&self, message: &[u8]) -> bool {
        // What a server cannot understand it may answer without the question.
        message.len() >= 12 && message[..2] == self.id.to_be_bytes() && message[2] & 0x80 != 0
    }

    /// What the message says; `None` if it is truncated, and must be asked for over TCP.
    pub(super) fn read(&self, message: &[u8]) -> Option<Answer> {
        let is_truncated = message.get(2).is_some_and(|flags| flags & 0x02 != 0);
        (!is_truncated).then(|| self.read_whole(message))
    }

    /// The same of a message over TCP, which is never truncated.
    pub(super) fn read_whole(&self, message: &[u8]) -> Answer {
        let malformed = || Answer::Refused("answered with something that is not DNS".to_owned());
        if !self.is_answered_by(message) {
            return malformed();
        }
        let Ok(packet) = Packet::parse(message) else { return malformed() };
        match packet.rcode() {
            RCODE::NoError => {}
            RCODE::NameError => return Answer::Refused(format!("{} does not exist (NXDOMAIN)", self.name)),
            code => return Answer::Refused(format!("answered {}", spelled(code))),
        }
        let Ok(name) = Name::new(&self.name) else { return malformed() };
        let is_asked = |question: &Question<'_>| question.qname == name;
        if !packet.questions.iter().all(is_asked) {
            return malformed();
        }
        let of_type = packet.answers.iter().filter(|answer| answer.rdata.type_code() == self.record.code());
        Answer::Records(of_type.take(MAX_RECORDS).filter_map(|answer| value(&answer.rdata)).collect())
    }
}

/// As the tools of DNS call it.
fn spelled(code: RCODE) -> String {
    match code {
        RCODE::FormatError => "FORMERR".to_owned(),
        RCODE::ServerFailure => "SERVFAIL".to_owned(),
        RCODE::NotImplemented => "NOTIMP".to_owned(),
        RCODE::Refused => "REFUSED".to_owned(),
        other => format!("with the code {other:?}"),
    }
}

/// The value of a record, as in zone files; texts without quotes.
fn value(record: &RData<'_>) -> Option<String> {
    Some(match record {
        RData::A(a) => Ipv4Addr::from_bits(a.address).to_string(),
        RData::AAAA(aaaa) => Ipv6Addr::from_bits(aaaa.address).to_string(),
        RData::CNAME(name) => name.0.to_string(),
        RData::NS(name) => name.0.to_string(),
        RData::PTR(name) => name.0.to_string(),
        RData::MX(mx) => format!("{} {}", mx.preference, mx.exchange),
        RData::SRV(srv) => format!("{} {} {} {}", srv.priority, srv.weight, srv.port, srv.target),
        RData::SOA(soa) => format!(
            "{} {} {} {} {} {} {}",
            soa.mname, soa.rname, soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum
        ),
        RData::TXT(txt) => String::try_from(txt.clone()).ok()?,
        RData::CAA(caa) => format!("{} {} {}", caa.flag, caa.tag, String::from_utf8_lossy(&caa.value)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_message_is_read_or_refused(tail: Vec<u8>) {
            let query = Query::new("example.com", RecordType::Txt);
            let mut message = query.bytes()[..2].to_vec();
            message.push(0x80);
            message.extend(tail);
            let _ = query.read_whole(&message);
        }
    }

    #[test]
    fn a_message_of_another_query_is_passed_over() {
        let query = Query::new("example.com", RecordType::A);
        let mut message = query.bytes().to_vec();
        assert!(!query.is_answered_by(&message), "its own query");
        message[2] |= 0x80;
        assert!(query.is_answered_by(&message));
        message[1] ^= 1;
        assert!(!query.is_answered_by(&message));
        assert!(!query.is_answered_by(&message[..2]));
    }
}
