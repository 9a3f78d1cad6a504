//! The messages that are sent.

use super::{MailFixture, address, arrival, mail, parse};
use crate::samples::{ODD_TEXT, after};
use mail_parser::MimeHeaders as _;
use watchkeeper_domain::text;
use watchkeeper_ports::Mail;

/// Longest line of a message, in bytes, without its end (RFC 5322, 2.1.1).
const MAX_LINE_BYTES: usize = 998;

/// Header fields, each of which must occur once.
const FIELDS: [&str; 6] = ["Message-ID", "Date", "From", "To", "Subject", "MIME-Version"];

/// The lines of a text: line ends, and whether the last line has one, are not promised.
fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().collect()
}

fn fields(raw: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(raw).unwrap();
    let header = text.lines().take_while(|line| !line.is_empty());
    let starts = header.filter(|line| !line.starts_with([' ', '\t']));
    starts.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

pub async fn a_mail_arrives_as_it_was_written<F: MailFixture>() {
    let written = Mail { date: after(59), ..mail("a1.2-x") };
    let raw = arrival::<F>(&written).await;
    let message = parse(&raw);
    assert_eq!(message.message_id(), Some("a1.2-x@example.org"));
    assert_eq!(message.date().unwrap().to_timestamp(), after(59).as_micros() / 1_000_000);
    let (from, to) = (message.from().unwrap().first().unwrap(), message.to().unwrap().first().unwrap());
    assert_eq!((from.name(), from.address()), (Some("Watchkeeper"), Some("watchkeeper@example.org")));
    assert_eq!((to.name(), to.address()), (None, Some("ops@example.com")));
    assert_eq!(message.subject(), Some("shop is down"));
    assert_eq!((message.in_reply_to().as_text(), message.references().as_text()), (None, None));
    let kind = message.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    assert_eq!(lines(&message.body_text(0).unwrap()), ["shop is down", "for 2m"]);
    assert_eq!(lines(&message.body_html(0).unwrap()), ["<p>shop is <b>down</b></p>"]);
    for field in FIELDS {
        assert_eq!(fields(&raw).iter().filter(|name| *name == field).count(), 1, "{field}");
    }
}

pub async fn a_mail_without_html_is_text<F: MailFixture>() {
    let raw = arrival::<F>(&Mail { html: None, ..mail("a") }).await;
    let message = parse(&raw);
    let kind = message.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("text", Some("plain")));
    assert_eq!(lines(&message.body_text(0).unwrap()), ["shop is down", "for 2m"]);
}

pub async fn texts_come_back_exactly<F: MailFixture>() {
    let dots = ".\n..\n.hidden\n\n.\n";
    let from_lines = "From here\n>From there\nFrom: somebody@example.net\n\n--\n-- \nend";
    let long = "слово и word ".repeat(2_000);
    let ascii = "x".repeat(10_000);
    // Control and invisible characters are escaped first; the rest must stay.
    let mut odd = text::lines(ODD_TEXT).into_owned();
    odd.push_str("\n=20=\n=?utf-8?q?x?=\n\ttab\nlast");
    for text in [dots, from_lines, &long, &ascii, &odd, ""] {
        let html = format!("<pre>\n{text}</pre>");
        let written = Mail { text: text.to_owned(), html: Some(html.clone()), ..mail("a") };
        let raw = arrival::<F>(&written).await;
        let message = parse(&raw);
        assert_eq!(lines(&message.body_text(0).unwrap()), lines(text));
        assert_eq!(lines(&message.body_html(0).unwrap()), lines(&html));
    }
    let word = "word".repeat(400);
    let long = "слово и word ".repeat(40);
    for subject in ["Магазин закрыт", "=?utf-8?q?x?= is text", "a: b, \"c\" <d@e>", long.trim(), &word]
    {
        let raw = arrival::<F>(&Mail { subject: subject.to_owned(), ..mail("a") }).await;
        assert_eq!(parse(&raw).subject(), Some(subject));
    }
}

pub async fn names_of_people_come_back_exactly<F: MailFixture>() {
    for (written, name) in [
        ("Дежурный <ops@example.com>", "Дежурный"),
        ("\"Ops, at \\\"night\\\" (all)\" <ops@example.com>", "Ops, at \"night\" (all)"),
        ("Watchkeeper on db-1.example.org <ops@example.com>", "Watchkeeper on db-1.example.org"),
        ("漢字 и буквы <ops@example.com>", "漢字 и буквы"),
    ] {
        let raw = arrival::<F>(&Mail { from: address(written), to: address(written), ..mail("a") }).await;
        let message = parse(&raw);
        for side in [message.from().unwrap(), message.to().unwrap()] {
            let side = side.first().unwrap();
            assert_eq!((side.name(), side.address()), (Some(name), Some("ops@example.com")));
        }
    }
}

pub async fn a_mail_that_follows_another_says_so<F: MailFixture>() {
    let raw = arrival::<F>(&Mail { follows: Some("a.1".into()), ..mail("a.2") }).await;
    let message = parse(&raw);
    assert_eq!(message.message_id(), Some("a.2@example.org"));
    assert_eq!(message.in_reply_to().as_text(), Some("a.1@example.org"));
    assert_eq!(message.references().as_text(), Some("a.1@example.org"));
}

pub async fn no_line_is_longer_than_a_mail_server_takes<F: MailFixture>() {
    let long = "x".repeat(5_000);
    let spaced = "two words ".repeat(500);
    for text in [long, spaced, "ы".repeat(5_000)] {
        let html = Some(format!("<p>{text}</p>"));
        let raw = arrival::<F>(&Mail { subject: text.clone(), text: text.clone(), html, ..mail("a") }).await;
        for line in raw.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            assert!(line.len() <= MAX_LINE_BYTES, "{} bytes", line.len());
        }
    }
}

pub async fn nothing_can_be_added_to_the_header<F: MailFixture>() {
    let expected = fields(&arrival::<F>(&mail("a")).await);
    for evil in ["x\r\nBcc: all@example.net", "x\nBcc: all@example.net", "\r\n\r\nbody", "x\rBcc: y", "\0"] {
        let html = Some(evil.to_owned());
        let written = Mail { subject: evil.to_owned(), text: evil.to_owned(), html, ..mail("a") };
        let raw = arrival::<F>(&written).await;
        assert_eq!(fields(&raw), expected, "{evil:?}");
        assert!(!parse(&raw).subject().unwrap_or_default().contains(char::is_control), "{evil:?}");
    }
}
