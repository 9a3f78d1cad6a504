//! Messages as parsed by an independent library.

use super::*;
use mail_parser::{MessageParser, MimeHeaders as _};
use proptest::prelude::*;
use watchkeeper_port_contract::mailer::addresses;

/// Maximum length of a line in bytes, without its end (RFC 5322, 2.1.1).
const MAX_LINE_BYTES: usize = 998;

fn mail() -> Mail {
    Mail {
        id: "a1.2".into(),
        follows: None,
        from: address("Watchkeeper <watchkeeper@example.org>"),
        to: address("ops@example.com"),
        subject: "shop is down".into(),
        text: "shop is down\n".into(),
        html: None,
        attachment: None,
        date: "2026-11-20T10:00:00.5Z".parse().unwrap(),
    }
}

fn address(text: &str) -> MailAddress {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn formatted(mail: &Mail) -> String {
    String::from_utf8(message(mail).unwrap().formatted()).unwrap()
}

fn refused(mail: &Mail) -> String {
    message(mail).unwrap_err().to_string()
}

/// The names of the fields of the header, in lower case.
fn field_names(message: &str) -> Vec<String> {
    let (header, _) = message.split_once("\r\n\r\n").unwrap();
    let starts = header.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    starts.map(|line| line.split(':').next().unwrap().to_ascii_lowercase()).collect()
}

#[test]
fn a_mail_of_text_reads_as_it_should() {
    let expected = "Message-ID: <a1.2@example.org>\r\n\
                    Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n\
                    From: Watchkeeper <watchkeeper@example.org>\r\n\
                    To: ops@example.com\r\n\
                    Subject: shop is down\r\n\
                    Auto-Submitted: auto-generated\r\n\
                    MIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=utf-8\r\n\
                    Content-Transfer-Encoding: 7bit\r\n\
                    \r\n\
                    shop is down\r\n";
    assert_eq!(formatted(&mail()).trim_end(), expected.trim_end());
}

#[test]
fn a_mail_with_html_has_both_side_by_side_the_best_last() {
    let raw = formatted(&Mail { html: Some("<p>Магазин закрыт</p>".into()), ..mail() });
    let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
    let types: Vec<_> =
        parsed.parts.iter().map(|part| part.content_type().unwrap().subtype().unwrap()).collect();
    assert_eq!(types, ["alternative", "plain", "html"]);
    assert_eq!(parsed.body_text(0).unwrap().trim_end(), "shop is down");
    assert_eq!(parsed.body_html(0).unwrap().trim_end(), "<p>Магазин закрыт</p>");
}

#[test]
fn an_attachment_arrives_exactly_beside_the_text() {
    let text = format!("a,b\r\n\"one\ntwo\",é\r\n{}", "x".repeat(3_000));
    let file = |name: &str, media_type: &str| {
        let (name, media_type) = (name.to_owned(), media_type.to_owned());
        Some(watchkeeper_ports::Attachment { name, media_type, text: text.clone() })
    };
    let attachment = || file("errors.csv", "text/csv; charset=utf-8");
    for html in [None, Some("<p>x</p>".to_owned())] {
        let raw = formatted(&Mail { html: html.clone(), attachment: attachment(), ..mail() });
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.attachment_count(), 1);
        let part = parsed.attachment(0).unwrap();
        assert_eq!((part.attachment_name(), part.contents()), (Some("errors.csv"), text.as_bytes()));
        assert_eq!(part.content_type().unwrap().subtype(), Some("csv"));
        assert_eq!(parsed.body_text(0).unwrap().trim_end(), "shop is down");
        assert_eq!(parsed.html_body_count() > 0 && raw.contains("<p>x</p>"), html.is_some());
        assert!(raw.lines().all(|line| line.len() <= MAX_LINE_BYTES));
    }
    for name in ["", "a\"b.csv", "../a.csv/", "a\r\nBcc: x"] {
        let refused = refused(&Mail { attachment: file(name, "text/csv"), ..mail() });
        assert!(refused.starts_with("attachment: name"), "{refused}");
    }
    let refused = refused(&Mail { attachment: file("a.csv", "text"), ..mail() });
    assert!(refused.starts_with("attachment: media type"), "{refused}");
}

#[test]
fn a_mail_that_follows_another_names_it() {
    let raw = formatted(&Mail { follows: Some("a1.1".into()), ..mail() });
    assert!(raw.contains("\r\nIn-Reply-To: <a1.1@example.org>\r\n"), "{raw}");
    assert!(raw.contains("\r\nReferences: <a1.1@example.org>\r\n"), "{raw}");
}

#[test]
fn it_travels_from_and_to_the_bare_addresses() {
    let message = message(&Mail { to: address("Дежурный <ops@example.com>"), ..mail() }).unwrap();
    assert_eq!(message.envelope().from().unwrap().to_string(), "watchkeeper@example.org");
    let to: Vec<_> = message.envelope().to().iter().map(ToString::to_string).collect();
    assert_eq!(to, ["ops@example.com"]);
}

#[test]
fn what_is_wrong_is_named() {
    assert!(refused(&Mail { id: "a/b".into(), ..mail() }).starts_with("id: must be words"));
    assert!(refused(&Mail { follows: Some("a b".into()), ..mail() }).starts_with("follows: must be words"));
}

#[test]
fn the_bounds_of_time_can_be_written() {
    for (date, expected) in [
        (Timestamp::MIN, "Date: Thu, 01 Jan 1970 00:00:00 +0000"),
        (Timestamp::MAX, "Date: Thu, 30 Dec 9999 21:59:59 +0000"),
    ] {
        let raw = formatted(&Mail { date, ..mail() });
        assert!(raw.contains(expected), "{raw}");
    }
}

#[test]
fn what_would_be_obeyed_or_not_seen_is_written_out() {
    let evil = "a\u{202e}b\u{1b}[0m\u{2028}c";
    let raw = formatted(&Mail { subject: evil.into(), text: evil.into(), html: Some(evil.into()), ..mail() });
    let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("a\\u{202e}b\\u{1b}[0m c"));
    assert_eq!(parsed.body_text(0).unwrap().trim_end(), "a\\u{202e}b\\u{1b}[0m\r\nc");
    assert_eq!(parsed.body_html(0).unwrap().trim_end(), "a\\u{202e}b\\u{1b}[0m\r\nc");
}

/// Texts that are difficult in headers.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,200}",
        "(\r|\n|\r\n|\0|:| |=\\?utf-8\\?b\\?|\\?=|Bcc: x@example.net|é|a{0,90}){0,12}",
        "[ -~]{990,1100}",
    ]
}

/// Texts that may be addresses.
fn any_address() -> impl Strategy<Value = String> {
    let mailbox = "[a-z.+-]{1,20}@([a-zé.-]{1,12}|\\[[0-9.:]{3,9}\\])";
    let name = prop_oneof![any_text(), any_text().prop_map(|text| format!("\"{text}\"")), "\\PC{0,40}"];
    prop_oneof![any_text(), (name, mailbox).prop_map(|(name, mailbox)| format!("{name} <{mailbox}>"))]
}

/// An ASCII message from and to the mailbox of the address, which every mail server accepts.
fn assert_taken(address: &MailAddress) {
    let message = message(&Mail { from: address.clone(), to: address.clone(), ..mail() }).unwrap();
    let envelope = message.envelope();
    let mailbox = format!("{}@{}", address.local(), address.host());
    assert_eq!(envelope.from().unwrap().to_string(), mailbox);
    assert_eq!(envelope.to()[0].to_string(), mailbox);
    let raw = String::from_utf8(message.formatted()).unwrap();
    assert!(raw.is_ascii() && mailbox.is_ascii(), "{raw}");
    assert_eq!(field_names(&raw).len(), 9, "{raw}");
}

#[test]
fn every_combination_of_a_name_and_a_mailbox_that_is_an_address_becomes_a_message() {
    let taken = addresses().filter_map(|text| text.parse().ok());
    assert!(taken.inspect(assert_taken).count() > 100);
}

/// A text as one line, with whitespace normalised, because mail programs differ.
fn words(text: &str) -> Vec<String> {
    text::line(text).split_whitespace().map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn no_text_adds_to_the_header_and_each_comes_back(
        subject in any_text(), name in "[^\\p{Cc}\"\\\\]{1,60}", text in any_text(), html in any_text(),
    ) {
        let to = address(&format!("\"{name}\" <ops@example.com>"));
        let mail = Mail { subject, to, text, html: Some(html), ..mail() };
        let raw = formatted(&mail);
        let fields = ["message-id", "date", "from", "to", "subject", "auto-submitted", "mime-version", "content-type"];
        prop_assert_eq!(field_names(&raw), fields);
        prop_assert!(raw.is_ascii());
        prop_assert!(raw.split("\r\n").all(|line| line.len() <= MAX_LINE_BYTES && !line.contains(['\r', '\n', '\0'])));

        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        prop_assert_eq!(words(parsed.subject().unwrap_or_default()), words(&mail.subject));
        let to = parsed.to().unwrap().first().unwrap();
        prop_assert_eq!(to.address(), Some("ops@example.com"));
        prop_assert_eq!(words(to.name().unwrap_or_default()), words(&name));
        prop_assert_eq!(words(&parsed.body_text(0).unwrap()), words(&mail.text));
        prop_assert_eq!(words(&parsed.body_html(0).unwrap()), words(mail.html.as_ref().unwrap()));
    }

    #[test]
    fn every_address_becomes_a_message_and_adds_nothing_to_its_header(text in any_address()) {
        if let Ok(address) = text.parse() {
            assert_taken(&address);
        }
    }
}
