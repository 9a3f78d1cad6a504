//! Text in other encodings, and characters that are no text.

use super::{Item, Outcome, Whole, sample_with, timed_sample_with};

pub(crate) fn items() -> Vec<Item> {
    let half = r"has a \u escape that is half of a surrogate pair";
    let control = "must not contain control characters but has";
    let refused = |name: &str, field: &'static str, json: &str, reason: &str| {
        Item::refused(name, sample_with(field, json), field, reason)
    };
    let label = |name: &str, value: &str| {
        Item::refused(name, sample_with("labels", &format!(r#"{{"a":"{value}"}}"#)), "labels.a", control)
    };
    let taken = |name: &str, sent: &str, written: &str| {
        let record = format!(
            r#"{{"source":"test","name":"odd","labels":{{"a":"{written}"}},"value":1,"CollectedAt":"2024-11-20T10:00:00Z"}}"#
        );
        Item::taken(name, timed_sample_with("labels", &format!(r#"{{"a":"{sent}"}}"#)), record)
    };
    vec![
        refused("half a pair in a source", "source", r#""\ud83c""#, half),
        refused("the other half in a name", "name", r#""\udf21""#, half),
        refused("halves in the wrong order", "unit", r#""\udf21\ud83c""#, half),
        refused("half a pair and a letter", "unit", r#""\ud83cx""#, half),
        refused("half a pair in a time", "collected_at", r#""\ud83c""#, half),
        refused("half a pair in a label", "labels", r#"{"a":"\ud83c"}"#, half),
        refused("half a pair in a label's name", "labels", r#"{"\ud83c":"a"}"#, half),
        refused("a NUL in a source", "source", r#""a\u0000""#, "may have only letters"),
        refused("a NUL in a unit", "unit", r#""a\u0000""#, control),
        refused("a line end in a unit", "unit", r#""a\n""#, control),
        label("a NUL in a label", r"\u0000"),
        label("a tab in a label", r"\t"),
        label("a line end in a label", r"a\r\nb"),
        label("an escape sequence of a terminal in a label", r"\u001b[31m"),
        label("a delete character in a label", r"\u007f"),
        label("a C1 control character in a label", r"\u0085"),
        taken("a pair of escapes in a label", r"\ud83c\udf21", "🌡"),
        taken("an emoji in a label", "🌡", "🌡"),
        taken("a quote and a backslash in a label", r#"\"\\"#, r#"\"\\"#),
        taken("escapes of plain letters in a label", r"\u0061\/", "a/"),
        taken("right-to-left text in a label", "שלום", "שלום"),
        taken("a combining mark in a label", "e\u{301}", "e\u{301}"),
        taken("a zero-width space in a label", "a\u{200b}b", "a\u{200b}b"),
        taken("a non-character in a label", "\u{ffff}", "\u{ffff}"),
    ]
}

pub(crate) fn wholes() -> Vec<Whole> {
    let sample = |source: &[u8]| [br#"{"source":""#, source, br#"","name":"n","value":1}"#].concat();
    let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = String::from_utf8(sample(b"a")).unwrap();
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
    };
    let bad = |name: &str, source: &[u8]| {
        Whole::of(name, sample(source), Outcome::Refused(400, "sample: is not UTF-8 from byte 11 on"))
    };
    let at_start = Outcome::Refused(400, "body: is not UTF-8 from byte 0 on");
    vec![
        bad("a byte that no UTF-8 has", b"\xff"),
        bad("a letter of Latin-1", b"caf\xe9"[3..].as_ref()),
        bad("a letter in two bytes too many", b"\xc0\x80"),
        bad("half a pair as UTF-8", b"\xed\xa0\xbc"),
        bad("a code point past the last", b"\xf4\x90\x80\x80"),
        bad("a continuation without a start", b"\x80"),
        bad("a start without a continuation", b"\xe2\x82"),
        bad("bytes that are no UTF-8 in lines", b"\xff").lines(),
        Whole::of(
            "a letter cut off at the end",
            b"\"\xe2\x82".to_vec(),
            Outcome::Refused(400, "body: is not UTF-8 from byte 1 on"),
        ),
        Whole::of("UTF-16, little end first", utf16(u16::to_le_bytes), at_start),
        Whole::of(
            "UTF-16, big end first",
            utf16(u16::to_be_bytes),
            Outcome::Refused(400, "body: is not UTF-8 from byte 0 on"),
        ),
        Whole::of(
            "a byte order mark before an array",
            "\u{feff}[]",
            Outcome::Refused(400, "body: is not valid JSON"),
        ),
        Whole::of("only a byte order mark", "\u{feff}", Outcome::Refused(400, "body: is not valid JSON")),
        Whole::of("only NULs", vec![0; 100], Outcome::Refused(400, "body: is not valid JSON")),
        Whole::of(
            "a picture",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            Outcome::Refused(400, "body: is not UTF-8 from byte 0 on"),
        ),
    ]
}
