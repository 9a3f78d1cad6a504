//! URLs of checks other than HTTP.

use super::config::{read, refused};
use crate::sources::uptime::config::Check;
use crate::sources::uptime::dns::{DnsCheck, MAX_EXPECTED_ANSWERS, RecordType};
use crate::sources::uptime::domain::DomainCheck;
use crate::sources::uptime::grpc::{GrpcCheck, MAX_SERVICE_BYTES};
use crate::sources::uptime::icmp::IcmpCheck;
use crate::sources::uptime::talk::{Exchange, MAX_SEND_BYTES, Protocol, Security, TalkCheck};
use std::time::Duration;
use watchkeeper_http_client::Trust;

fn target(keys: &str) -> (String, Check) {
    let targets = read(&format!("[[collector.uptime]]\n{keys}\n")).unwrap();
    let [target] = &targets[..] else { panic!("one section") };
    (target.name.clone(), target.check.clone())
}

fn of_target(keys: &str) -> String {
    let error = refused(keys);
    error.strip_prefix("collector.uptime[0].").unwrap_or(&error).to_owned()
}

fn greeting(address: &str, protocol: Protocol, security: Security) -> Check {
    Check::Talk(TalkCheck { address: address.parse().unwrap(), security, protocol })
}

#[test]
fn each_scheme_is_a_check_with_the_port_of_its_protocol() {
    let address = |text: &str| text.parse().unwrap();
    let web = || Trust::Web;
    for (url, check) in [
        ("icmp://192.0.2.1", Check::Icmp(IcmpCheck { host: address("192.0.2.1:1"), count: 3 })),
        ("icmp://[2001:db8::1]/", Check::Icmp(IcmpCheck { host: address("[2001:db8::1]:1"), count: 3 })),
        ("tcp://db.test:5432", Check::Tcp(address("db.test:5432"))),
        ("tls://mail.test:993", Check::Tls(address("mail.test:993"), web())),
        ("smtp://mail.test", greeting("mail.test:25", Protocol::Smtp, Security::StartTls(web()))),
        ("smtp://mail.test:587", greeting("mail.test:587", Protocol::Smtp, Security::StartTls(web()))),
        ("smtps://mail.test", greeting("mail.test:465", Protocol::Smtp, Security::Tls(web()))),
        ("imap://mail.test", greeting("mail.test:143", Protocol::Imap, Security::StartTls(web()))),
        ("imaps://mail.test", greeting("mail.test:993", Protocol::Imap, Security::Tls(web()))),
        ("ssh://bastion.test", greeting("bastion.test:22", Protocol::Ssh, Security::None)),
    ] {
        assert_eq!(target(&format!("url = {url:?}")), (url.to_owned(), check));
    }
    let grpc = |service: &str, trust| {
        Check::Grpc(GrpcCheck { address: address("shop.test:50051"), service: service.to_owned(), trust })
    };
    assert_eq!(target("url = \"grpc://shop.test:50051\"").1, grpc("", None));
    assert_eq!(target("url = \"grpcs://shop.test:50051/shop.Orders\"").1, grpc("shop.Orders", Some(web())));
}

#[test]
fn a_query_of_dns_names_server_name_and_type() {
    let dns = |server: Option<&str>, name: &str, record| DnsCheck {
        server: server.map(|server| server.parse().unwrap()),
        name: name.to_owned(),
        record,
        expect: Vec::new(),
        matches: None,
    };
    let (name, check) = target("url = \"dns://192.0.2.53/shop.test.\"");
    assert_eq!(check, Check::Dns(dns(Some("192.0.2.53:53"), "shop.test", RecordType::A)));
    assert_eq!(name, "dns://192.0.2.53/shop.test.");
    let (name, check) =
        target("url = \"dns:///shop.test\"\nrecord = \"mx\"\nexpect_answer = [\"10 mail.test\"]");
    let expect = vec!["10 mail.test".to_owned()];
    assert_eq!(check, Check::Dns(DnsCheck { expect, ..dns(None, "shop.test", RecordType::Mx) }));
    assert_eq!(name, "dns:///shop.test MX");
    let ptr = target("url = \"dns://[::1]:5353/192.0.2.1\"\nrecord = \"PTR\"").1;
    assert_eq!(ptr, Check::Dns(dns(Some("[::1]:5353"), "1.2.0.192.in-addr.arpa", RecordType::Ptr)));
}

#[test]
fn a_domain_is_asked_for_twice_a_day_by_its_ascii_name() {
    let sections = "[[collector.uptime]]\nurl = \"domain://Straße.example\"\n";
    let [target] = &read(sections).unwrap()[..] else { panic!("one section") };
    let check =
        DomainCheck { domain: "xn--strae-oqa.example".to_owned(), rdap: "https://rdap.org".parse().unwrap() };
    assert_eq!(target.check, Check::Domain(check));
    let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
    assert_eq!(target.timing.interval(), hours(12));
    let own = "url = \"domain://example.test\"\nrdap = \"http://127.0.0.1:1/rdap\"\ninterval = \"1h\"";
    let (_, check) = self::target(own);
    let rdap = "http://127.0.0.1:1/rdap".parse().unwrap();
    assert_eq!(check, Check::Domain(DomainCheck { domain: "example.test".to_owned(), rdap }));
}

#[test]
fn text_to_send_and_to_expect_is_read_with_escapes() {
    let keys = "send = 'PING\\r\\n'\nexpect = \"PONG\\r\\n\"";
    let exchange =
        Exchange { send: Some(b"PING\r\n".to_vec()), expect: Some(b"PONG\r\n".to_vec()), matches: None };
    let expected = |security| greeting("h.test:6379", Protocol::Exchange(exchange.clone()), security);
    for tcp in ["tcp = \"h.test:6379\"", "url = \"tcp://h.test:6379\""] {
        assert_eq!(target(&format!("{tcp}\n{keys}")).1, expected(Security::None));
    }
    assert_eq!(target(&format!("tls = \"h.test:6379\"\n{keys}")).1, expected(Security::Tls(Trust::Web)));
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let url = |url: &str, keys: &str| of_target(&format!("url = {url:?}\n{keys}"));
    assert!(url("ftp://h.test", "").starts_with("url: must begin with http, https, icmp, dns"));
    for host in ["icmp://h.test:7", "icmp://", "icmp://h.test/a", "icmp://::1", "icmp://h.test:1"] {
        assert!(url(host, "").starts_with("url: must be icmp://HOST"), "{host}");
    }
    assert_eq!(url("icmp://h.test", "count = 11"), "count: must be from 1 to 10, is 11");
    assert!(url("icmp://h.test", "expect_status = [\"200\"]").starts_with("expect_status: unknown key"));
    for name in ["dns://192.0.2.53", "dns://192.0.2.53/", "dns://a b/h.test", "dns:///h..test"] {
        assert!(url(name, "").starts_with("url: must be dns://SERVER/NAME"), "{name}");
    }
    assert!(url("dns:///h.test", "record = \"ANY\"").starts_with("record: must be one of A, AAAA, CAA"));
    assert!(url("dns:///h.test", "answer_matches = \"(\"").starts_with("answer_matches: is not a valid"));
    let many = vec!["x"; MAX_EXPECTED_ANSWERS + 1];
    let many = url("dns:///h.test", &format!("expect_answer = {many:?}"));
    assert_eq!(many, "expect_answer: has 21 items, the limit is 20");
    for name in ["domain://", "domain://192.0.2.1", "domain://localhost", "domain://a b.test"] {
        assert!(url(name, "").starts_with("url: must be domain://NAME"), "{name}");
    }
    let often = url("domain://h.test", "interval = \"59m\"");
    assert_eq!(often, "interval: must be at least 1h for a domain");
    assert!(url("domain://h.test", "rdap = \"rdap.org\"").starts_with("rdap: must be an http://"));
    assert!(url("grpc://h.test", "").starts_with("url: must be HOST:PORT"));
    assert!(url("grpc://h.test:1/a/b", "").starts_with("url: must end with the name of one service"));
    let long = format!("grpc://h.test:1/{}", "x".repeat(MAX_SERVICE_BYTES + 1));
    assert!(url(&long, "").starts_with("url: must end with the name of one service of at most 256 bytes"));
    assert!(url("grpc://h.test:1", "ca_file = \"/a\"").starts_with("ca_file: unknown key"));
    assert!(url("smtp://h.test:0", "").starts_with("url: must be HOST:PORT"));
    assert!(url("tcp://h.test:1", "send = 'a\\q'").starts_with("send: after a backslash"));
    let long = url("tcp://h.test:1", &format!("send = {:?}", "x".repeat(MAX_SEND_BYTES + 1)));
    assert_eq!(long, "send: has 4097 bytes, the limit is 4096");
    let expression = url("tcp://h.test:1", "expect_matches = \"(\"");
    assert_eq!(expression, "expect_matches: is not a valid regular expression");
}
