//! What fits into every protocol.

/// Texts that are not as a program expects them, with their names.
pub(super) fn texts() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("a blank", b" ".to_vec()),
        ("line feeds only", b"\n\n\n".to_vec()),
        ("a carriage return", b"a\rb\r\n".to_vec()),
        ("a NUL", b"a\0b".to_vec()),
        ("NULs only", vec![0; 500]),
        ("Latin 1", b"caf\xe9 closed".to_vec()),
        ("bytes that are no text", (128..=255).collect()),
        ("a surrogate in UTF-8", b"a\xed\xa0\x80b".to_vec()),
        ("an overlong NUL", b"a\xc0\x80b".to_vec()),
        ("half a character", b"a\xf0\x9f\x98".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbfa".to_vec()),
        ("UTF-16", b"\xff\xfea\0b\0".to_vec()),
        ("no characters", "\u{ffff}\u{fffe}".into()),
        ("text from right to left", "\u{202e}txt.exe".into()),
        ("a terminal's escapes", b"\x1b[2J\x1b]0;title\x07\x1b[31m".to_vec()),
        ("1,000 accents", "\u{301}".repeat(1_000).into()),
        ("a format", "%s%s%n {} {0} ${jndi:ldap://h/a} $(id)".into()),
        ("SQL", "'; DROP TABLE events; --".into()),
        ("a script", "<script>alert(1)</script>".into()),
        ("open brackets", vec![b'['; 100_000]),
        ("64 KiB", vec![b'x'; 64 << 10]),
        ("a byte more than 64 KiB", vec![b'x'; (64 << 10) + 1]),
        ("300 KiB", vec![b'x'; 300 << 10]),
        ("as long as a record, and longer", vec![b'x'; (1 << 20) + 1]),
    ]
}

/// What is no time, or no good one, as JSON.
pub(super) const TIMES: [&str; 18] = [
    "0",
    "-1",
    "1",
    "1e300",
    "-1e300",
    "0.000001",
    "99999999999999999999",
    "-9223372036854775808",
    "18446744073709551615",
    "\"1970-01-01T00:00:00Z\"",
    "\"0000-00-00T00:00:00Z\"",
    "\"-0001-01-01T00:00:00Z\"",
    "\"9999-12-31T23:59:59.999999999Z\"",
    "\"2262-04-12T00:00:00Z\"",
    "\"2026-02-30T25:61:61+99:99\"",
    "\"tomorrow\"",
    "[]",
    "{\"seconds\":null}",
];

/// JSON that is no event, or an odd one.
pub(super) fn json() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let fields = |count: usize| {
        let fields: Vec<_> = (0..count).map(|number| format!("\"f{number}\":1")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    };
    vec![
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("a list in a list", b"[[[]]]".to_vec()),
        ("half a surrogate pair", br#"{"msg":"\ud800"}"#.to_vec()),
        ("an escaped NUL", br#"{"msg":"a\u0000b","n\u0000":"\u0000"}"#.to_vec()),
        ("a number past a float", br#"{"n":1e999}"#.to_vec()),
        ("a number past 64 bits", br#"{"n":99999999999999999999999999}"#.to_vec()),
        ("a number of 10,000 digits", format!("{{\"n\":{}}}", "9".repeat(10_000)).into_bytes()),
        ("a name twice", br#"{"a":1,"a":{"a":2}}"#.to_vec()),
        ("an empty name", br#"{"":{"":{"":1}}}"#.to_vec()),
        ("names with dots", br#"{"a.b":1,"a":{"b":2},"a..":3,".":4}"#.to_vec()),
        ("a long name", format!("{{\"{}\":1}}", "x".repeat(100_000)).into_bytes()),
        ("256 fields", fields(256)),
        ("1,000 labels", fields(1_000)),
        ("objects 20 deep", nested("{\"a\":", "}", 20)),
        ("objects 10,000 deep", nested("{\"a\":", "}", 10_000)),
        ("arrays 120 deep", nested("[", "]", 120)),
        ("arrays 100,000 deep", nested("[", "]", 100_000)),
        ("a truncated object", br#"{"msg":"#.to_vec()),
        (
            "everything of another type",
            br#"{"time":[],"level":{},"msg":1,"service":null,"host":[],"id":{}}"#.to_vec(),
        ),
        ("names of our own", br#"{"@id":"7","@marks":{"a":1},"@v":99,"msg":"x"}"#.to_vec()),
        ("a long id", format!("{{\"id\":\"{}\"}}", "x".repeat(10_000)).into_bytes()),
        ("a long service", format!("{{\"service\":\"{}\"}}", "\u{e9}".repeat(5_000)).into_bytes()),
    ]
}

/// A string of JSON; bytes that are no text stay as they are.
pub(super) fn json_string(text: &[u8]) -> Vec<u8> {
    match str::from_utf8(text) {
        Ok(text) => serde_json::to_vec(text).unwrap(),
        Err(_) => [b"\"", text, b"\""].concat(),
    }
}
