//! DNS checks of a server on loopback.

use super::{SOON, probe};
use crate::sources::uptime::address::Address;
use crate::sources::uptime::config::Check;
use crate::sources::uptime::dns::{DnsCheck, RecordType};
use crate::sources::uptime::probe::Prober;
use simple_dns::rdata::{A, AAAA, CAA, CNAME, MX, NS, PTR, RData, SOA, SRV, TXT};
use simple_dns::{CLASS, CharacterString, Name, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

fn name(text: &'static str) -> Name<'static> {
    Name::new(text).unwrap()
}

/// What the server of these tests answers for a name.
fn records(asked: &str, kind: QTYPE) -> Vec<RData<'static>> {
    let QTYPE::TYPE(kind) = kind else { return Vec::new() };
    let address = |last| RData::A(A { address: Ipv4Addr::new(192, 0, 2, last).to_bits() });
    match (asked, kind) {
        ("alias.test", TYPE::A) => vec![RData::CNAME(CNAME(name("shop.test"))), address(1)],
        ("many.test", TYPE::A) => (1..=60).map(address).collect(),
        ("1.2.0.192.in-addr.arpa", TYPE::PTR) => vec![RData::PTR(PTR(name("shop.test")))],
        ("shop.test", TYPE::A) => vec![address(1), address(2)],
        ("shop.test", TYPE::AAAA) => {
            vec![RData::AAAA(AAAA { address: "2001:db8::1".parse::<Ipv6Addr>().unwrap().to_bits() })]
        }
        ("shop.test", TYPE::CNAME) => vec![RData::CNAME(CNAME(name("cdn.test")))],
        ("shop.test", TYPE::MX) => vec![RData::MX(MX { preference: 10, exchange: name("mail.test") })],
        ("shop.test", TYPE::NS) => vec![RData::NS(NS(name("ns1.test"))), RData::NS(NS(name("ns2.test")))],
        ("shop.test", TYPE::TXT) => {
            vec![RData::TXT(TXT::new().with_string("v=spf1 ").unwrap().with_string("-all").unwrap())]
        }
        ("shop.test", TYPE::SRV) => {
            vec![RData::SRV(SRV { priority: 1, weight: 2, port: 5060, target: name("sip.test") })]
        }
        ("shop.test", TYPE::SOA) => vec![RData::SOA(SOA {
            mname: name("ns1.test"),
            rname: name("admin.test"),
            serial: 7,
            refresh: 1,
            retry: 2,
            expire: 3,
            minimum: 4,
        })],
        ("shop.test", TYPE::CAA) => vec![RData::CAA(CAA {
            flag: 0,
            tag: CharacterString::new(b"issue").unwrap(),
            value: b"ca.test"[..].into(),
        })],
        _ => Vec::new(),
    }
}

fn answer(query: &[u8], over_udp: bool) -> Vec<u8> {
    let query = Packet::parse(query).unwrap();
    let question = query.questions[0].clone();
    let asked = question.qname.to_string();
    let mut reply = Packet::new_reply(query.id());
    match asked.as_str() {
        "gone.test" => *reply.rcode_mut() = RCODE::NameError,
        "broken.test" => *reply.rcode_mut() = RCODE::ServerFailure,
        "forged.test" => reply.set_id(query.id() ^ 1),
        _ => {}
    }
    for record in records(&asked, question.qtype) {
        reply.answers.push(ResourceRecord::new(question.qname.clone(), CLASS::IN, 60, record));
    }
    if over_udp && reply.answers.len() > 20 {
        reply.set_flags(PacketFlag::TRUNCATION);
        reply.answers.truncate(20);
    }
    reply.questions.push(question);
    reply.build_bytes_vec().unwrap()
}

/// Answers over UDP and TCP on one port.
async fn serve() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = udp.local_addr().unwrap();
        let Ok(tcp) = TcpListener::bind(address).await else { continue };
        tokio::spawn(async move {
            let mut buffer = [0; 1024];
            loop {
                let (read, peer) = udp.recv_from(&mut buffer).await.unwrap();
                udp.send_to(&answer(&buffer[..read], true), peer).await.unwrap();
            }
        });
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = tcp.accept().await.unwrap();
                let mut query = vec![0; usize::from(stream.read_u16().await.unwrap())];
                stream.read_exact(&mut query).await.unwrap();
                let answer = answer(&query, false);
                stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        });
        return address;
    }
}

fn check(server: SocketAddr, name: &str, record: RecordType, expect: &[&str]) -> Check {
    Check::Dns(DnsCheck {
        server: Some(Address::new(&server.ip().to_string(), server.port())),
        name: name.to_owned(),
        record,
        expect: expect.iter().map(|&answer| answer.to_owned()).collect(),
        matches: None,
    })
}

#[tokio::test]
async fn every_type_of_record_is_read_as_it_is_written() {
    let server = serve().await;
    for (record, expect) in [
        (RecordType::A, &["192.0.2.1", "192.0.2.2"][..]),
        (RecordType::Aaaa, &["2001:db8::1"]),
        (RecordType::Caa, &["0 issue ca.test"]),
        (RecordType::Cname, &["cdn.test."]),
        (RecordType::Mx, &["10 mail.test"]),
        (RecordType::Ns, &["ns1.test", "ns2.test"]),
        (RecordType::Soa, &["ns1.test admin.test 7 1 2 3 4"]),
        (RecordType::Srv, &["1 2 5060 sip.test"]),
        (RecordType::Txt, &["v=spf1 -all"]),
    ] {
        let found = probe(&check(server, "shop.test", record, expect)).await;
        assert_eq!(found.failure, None, "{record}");
        assert!(found.latency.is_some());
        let found = probe(&check(server, "shop.test", record, &["other"])).await;
        let reason = found.failure.unwrap();
        assert!(reason.starts_with("answered ") && reason.ends_with(", expected other"), "{reason}");
    }
    let reverse = check(server, "1.2.0.192.in-addr.arpa", RecordType::Ptr, &["shop.test"]);
    assert_eq!(probe(&reverse).await.failure, None);
}

#[tokio::test]
async fn an_alias_is_followed_to_the_records_of_the_type() {
    let server = serve().await;
    assert_eq!(probe(&check(server, "alias.test", RecordType::A, &["192.0.2.1"])).await.failure, None);
}

#[tokio::test]
async fn an_answer_that_is_truncated_is_asked_for_over_tcp() {
    let server = serve().await;
    let all: Vec<_> = (1..=60).map(|last| format!("192.0.2.{last}")).collect();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert_eq!(probe(&check(server, "many.test", RecordType::A, &all)).await.failure, None);
    let found = probe(&check(server, "many.test", RecordType::A, &all[..59])).await;
    assert!(found.failure.is_some(), "the last one came too");
}

#[tokio::test]
async fn a_server_that_has_no_answer_is_down_with_its_reason_and_a_latency() {
    let server = serve().await;
    for (name, record, reason) in [
        ("gone.test", RecordType::A, "gone.test does not exist (NXDOMAIN)"),
        ("broken.test", RecordType::A, "answered SERVFAIL"),
        ("empty.test", RecordType::Mx, "empty.test has no MX record"),
    ] {
        let found = probe(&check(server, name, record, &[])).await;
        assert_eq!(found.failure.as_deref(), Some(reason));
        assert!(found.latency.is_some());
    }
}

#[tokio::test]
async fn a_server_that_is_silent_or_not_there_is_down_and_named() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let check_silent = check(silent.local_addr().unwrap(), "shop.test", RecordType::A, &[]);
    let found = Prober::new().probe(&check_silent, SOON).await.unwrap();
    assert_eq!(found.failure.as_deref(), Some("no answer from DNS server 127.0.0.1 within 200 ms"));
    // A socket that is connected elsewhere refuses what comes, and nobody else gets its port.
    silent.connect(serve().await).await.unwrap();
    let found = probe(&check_silent).await;
    assert_eq!(found.failure.as_deref(), Some("connection refused at DNS server 127.0.0.1"));
}

#[tokio::test]
async fn an_answer_to_another_query_is_not_believed() {
    let forger = serve().await;
    let found = Prober::new().probe(&check(forger, "forged.test", RecordType::A, &[]), SOON).await.unwrap();
    assert_eq!(found.failure.as_deref(), Some("no answer from DNS server 127.0.0.1 within 200 ms"));
}
