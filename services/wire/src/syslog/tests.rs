//! What people report of syslog, with their inputs.

use super::*;
use proptest::prelude::*;
use serde_json::json;
use watchkeeper_domain::event::NO_TIME;

fn read_in(zone: &TimeZone, arrived_at: &str, message: &[u8]) -> Draft {
    read_syslog(message, arrived_at.parse().unwrap(), zone)
}

fn read(message: impl AsRef<[u8]>) -> Draft {
    read_in(&TimeZone::UTC, "2026-11-29T10:00:05Z", message.as_ref())
}

fn time(draft: &Draft) -> String {
    draft.occurred_at.map(|at| at.to_string()).unwrap_or_default()
}

fn fields(draft: &Draft) -> Value {
    Value::Object(draft.fields.clone())
}

#[test]
fn the_year_of_rfc_3164_brings_the_time_nearest_to_its_arrival() {
    let year_ago = read_in(&TimeZone::UTC, "2027-01-01T00:00:03Z", b"<13>Dec 31 23:59:58 gate app: bye");
    assert_eq!(time(&year_ago), "2026-12-31T23:59:58Z");
    assert_eq!((year_ago.host.as_str(), year_ago.service.as_str()), ("gate", "app"));
    assert_eq!(year_ago.message, "bye");
    let ahead = read_in(&TimeZone::UTC, "2026-12-31T23:59:59Z", b"<13>Jan  1 00:00:01 gate app: hi");
    assert_eq!(time(&ahead), "2027-01-01T00:00:01Z");
}

#[test]
fn the_time_of_rfc_3164_is_in_the_zone_of_the_sender() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let draft = read_in(&berlin, "2026-12-31T23:00:03Z", b"<13>Dec 31 23:59:58 gate app: bye");
    assert_eq!(time(&draft), "2026-12-31T22:59:58Z");
    let draft = read_in(&berlin, "2026-12-31T22:59:59Z", b"<13>Jan  1 00:00:01 gate app: hi");
    assert_eq!(time(&draft), "2026-12-31T23:00:01Z");
}

#[test]
fn the_byte_order_mark_is_no_part_of_the_text_so_that_json_is_read() {
    let draft =
        read("<191>1 2026-11-29T10:00:00Z web-1 shop 77 - - \u{feff}{\"level\":\"warn\",\"msg\":\"käse\"}");
    assert_eq!((draft.level, draft.message.as_str()), (Level::Debug, "käse"));
    assert_eq!(fields(&draft), json!({"facility": "local7", "procid": "77", "level": "warn"}));
    assert_eq!((draft.service.as_str(), draft.host.as_str()), ("shop", "web-1"));
    let text = read("<191>1 2026-11-29T10:00:00Z web-1 shop 77 - - \u{feff}käse");
    assert_eq!(text.message, "käse");
    let open = read("<191>1 - - - - - - \u{feff}{\"level\":");
    assert_eq!(open.message, "{\"level\":");
    let colliding = read("<191>1 - - - - - - \u{feff}{\"facility\":1}");
    assert_eq!(
        (colliding.message.as_str(), &colliding.fields[FACILITY]),
        ("{\"facility\":1}", &json!("local7"))
    );
}

#[test]
fn escapes_in_structured_data_cost_neither_the_data_nor_the_event() {
    let draft = read(
        r#"<14>1 2026-11-29T10:00:00Z nas smb - - [io@32473 path="C:\\tmp" q="a \"b\" \] c" odd="1\/2"][meta n="2"] [not] data"#,
    );
    assert_eq!(draft.message, "[not] data");
    let expected = json!({
        "io@32473": {"path": r"C:\tmp", "q": r#"a "b" ] c"#, "odd": r"1\/2"},
        "meta": {"n": "2"},
    });
    assert_eq!(draft.fields[STRUCTURED_DATA], expected);
}

#[test]
fn one_datagram_is_one_message_whose_last_line_feed_is_dropped() {
    let draft = read("<11>1 2026-11-29T10:00:00Z web-1 shop 7 - - Trace:\n  at a()\n  at b()\n");
    assert_eq!(draft.message, "Trace:\n  at a()\n  at b()");
    assert_eq!(draft.level, Level::Error);
}

#[test]
fn a_priority_and_nothing_else_by_the_book_is_an_event_of_the_whole_text() {
    let draft = read("<30>Link 3 went down");
    assert_eq!((draft.level, draft.message.as_str()), (Level::Info, "Link 3 went down"));
    assert_eq!((draft.host.as_str(), draft.service.as_str(), draft.occurred_at), ("", "", None));
    let draft = read("10:00 gate down");
    assert_eq!((draft.level, draft.message.as_str()), (Level::Info, "10:00 gate down"));
    assert_eq!((draft.host.as_str(), draft.service.as_str(), draft.occurred_at), ("", "", None));
}

#[test]
fn bytes_that_are_no_text_are_shown_and_marked() {
    let draft = read(b"<13>Nov 29 10:00:00 gate app: caf\xE9 closed");
    assert_eq!((draft.message.as_str(), draft.marks.as_slice()), ("caf\u{fffd} closed", &[CHANGED][..]));
    let draft = read(b"<13>Nov 29 10:00:00 gate app: a\0b\0");
    assert_eq!((draft.message.as_str(), draft.marks.as_slice()), ("a␀b", &[CHANGED][..]));
}

#[test]
fn what_has_no_value_is_no_field() {
    let draft = read("<165>1 - - - - - -");
    assert_eq!(draft, Draft { level: Level::Notice, fields: draft.fields.clone(), ..Draft::default() });
    assert_eq!(fields(&draft), json!({"facility": "local4"}));
}

#[test]
fn a_header_of_rfc_5424_without_structured_data_keeps_its_message() {
    let draft = read("<14>1 2026-11-29T10:00:00.123456+01:00 web-1 shop 7 ID47 no [data] here");
    assert_eq!(time(&draft), "2026-11-29T09:00:00.123456Z");
    assert_eq!((draft.message.as_str(), &draft.fields[MSGID]), ("no [data] here", &json!("ID47")));
    let broken = read("<14>1 2026-11-29T10:00:00Z web-1 shop 7 - [a b=\"c] text");
    assert_eq!((broken.message.as_str(), broken.service.as_str()), ("[a b=\"c] text", "shop"));
}

#[test]
fn the_blank_that_rsyslog_leaves_before_a_text_is_no_part_of_it_and_an_indentation_is() {
    let message = |text: &str| read(format!("<14>1 2026-11-29T10:00:00Z gate shop 7 - - {text}")).message;
    assert_eq!(
        (message("one"), message(" one"), message("  at a()")),
        ("one".into(), "one".into(), "  at a()".into())
    );
}

#[test]
fn a_time_that_is_none_is_kept_and_marked() {
    let draft = read("<14>1 2026-13-29T10:00:00Z web-1 shop - - - hi");
    assert_eq!((draft.occurred_at, draft.marks.as_slice()), (None, &[NO_TIME][..]));
    assert_eq!((draft.message.as_str(), &draft.fields["timestamp"]), ("hi", &json!("2026-13-29T10:00:00Z")));
}

#[test]
fn a_text_that_begins_like_rfc_5424_is_a_text() {
    for text in ["1 apple a day keeps the doctor away", "1 2026-11-29T10:00:00Z gate", "2 x", "1 "] {
        assert_eq!(read(format!("<13>{text}")).message, text);
    }
}

#[test]
fn messages_of_rfc_3164_are_read_as_senders_write_them() {
    for (message, expected) in [
        ("Nov 29 10:00:00 gate app[77]: hi", ("gate", "app", "hi")),
        ("Nov 29 10:00:00 app[77]: hi", ("", "app", "hi")),
        ("Nov 29 10:00:00 gate hello world", ("gate", "", "hello world")),
        (
            "Nov 29 10:00:00 10.0.0.7 %LINK-3-UPDOWN: Interface down",
            ("10.0.0.7", "", "%LINK-3-UPDOWN: Interface down"),
        ),
        ("2026-11-29T11:00:00.000+01:00 gate app: hi", ("gate", "app", "hi")),
    ] {
        let draft = read(format!("<13>{message}"));
        assert_eq!(
            (draft.host.as_str(), draft.service.as_str(), draft.message.as_str()),
            expected,
            "{message}"
        );
        assert_eq!(time(&draft), "2026-11-29T10:00:00Z", "{message}");
    }
    for oddity in
        ["29: *Mar  1 18:48:50.483: %SYS-5-CONFIG_I: Configured", "Nov 29 2026 10:00:00 fw : %ASA-6-1: x"]
    {
        assert_eq!(read(format!("<189>{oddity}")).message, oddity);
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_is_an_event(message in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&message);
    }

    #[test]
    fn whatever_looks_like_syslog_is_an_event(
        message in r#"<[0-9]{1,3}>(1 |Nov 29 10:00:00 )?([-0-9a-z:\[\]"=\\ \u{feff}{}é]{0,12} ){0,9}"#,
    ) {
        let draft = read(&message);
        prop_assert!(draft.level != Level::Unknown);
    }
}

#[test]
fn the_blank_that_rsyslog_leaves_before_a_text_is_no_part_of_it() {
    let text = |text: &str| read(format!("<19>1 2026-11-29T10:00:00Z web-1 shop - - -{text}")).message;
    assert_eq!(text("  order 17: timed out"), "order 17: timed out");
    assert_eq!(text(" order 17: timed out"), "order 17: timed out");
    assert_eq!(text("     at Shop.java:17"), "    at Shop.java:17", "an indentation is kept");
}
