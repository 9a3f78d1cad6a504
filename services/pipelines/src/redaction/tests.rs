//! Secrets of every kind.

use super::*;
use crate::samples::event;
use proptest::prelude::*;
use serde_json::json;
use watchkeeper_config::Document;

fn hidden(text: &str) -> String {
    Redaction::default().text(text).into_owned()
}

fn read(redact: &str) -> Result<Redaction, String> {
    let text = format!("redact = {redact}");
    let document = Document::parse("test.toml", &text).unwrap();
    document
        .read(|root| root.section("redact", Redaction::read))
        .map_err(|errors| errors.first()[0].to_string())
}

fn with(redact: &str, text: &str) -> String {
    read(redact).unwrap().text(text).into_owned()
}

/// An event whose fields are those of report 30 of users of similar tools.
#[test]
fn a_secret_is_hidden_at_any_depth_and_only_its_value_is_replaced() {
    let mut event = event(
        "in",
        json!({"ctx": [{"authorization": "Bearer abc.def"}], "url": "/x?token=s3,t&u=1", "API-Key": 7, "n": 1}),
    );
    assert!(Redaction::default().apply(&mut event));
    let expected =
        json!({"ctx": [{"authorization": "***"}], "url": "/x?token=***&u=1", "API-Key": "***", "n": 1});
    assert_eq!(Value::Object(event.fields.clone()), expected);
    assert!(!Redaction::default().apply(&mut event), "nothing is left to hide");
}

#[test]
fn a_secret_in_a_line_of_json_is_hidden_and_the_line_stays_json() {
    for (line, expected) in [
        (
            r#"{"msg":"in","ctx":[{"authorization":"Bearer abc.def"}],"url":"/x?token=s3,t&u=1"}"#,
            r#"{"msg":"in","ctx":[{"authorization":"***"}],"url":"/x?token=***&u=1"}"#,
        ),
        (r#"{"password" : "a \" b\\", "x": 1}"#, r#"{"password" : "***", "x": 1}"#),
        (r#"{"token":12345,"n":12345}"#, r#"{"token":"***","n":12345}"#),
        (r#"{"token":null,"secret":true,"password":""}"#, r#"{"token":null,"secret":true,"password":""}"#),
        (r#"{"credentials":{"user":"a","list":["}",{"b":2}]},"n":1}"#, r#"{"credentials":"***","n":1}"#),
        (
            r#"{"log":"{\"password\":\"a \\\" b\",\"n\":1,\"token\":17}\n"}"#,
            r#"{"log":"{\"password\":\"***\",\"n\":1,\"token\":\"***\"}\n"}"#,
        ),
        (r#"{"url":"/x?token=","user":"ada"}"#, r#"{"url":"/x?token=","user":"ada"}"#),
        (r#"{"m":"cookie: a=\"b\"; c=d","n":1}"#, r#"{"m":"cookie: ***\"b\"; c=d","n":1}"#),
        (r#"{"m":"token=\"","n":"\"x"}"#, r#"{"m":"token=\"","n":"\"x"}"#),
        (r#"{"m":"token=\"a","n":"\"x"}"#, r#"{"m":"token=\"***","n":"\"x"}"#),
        (r#"{"m":"'token': 5","n":1}"#, r#"{"m":"'token': '***'","n":1}"#),
        (r#"{"m":"\"token\": [5","n":"]"}"#, r#"{"m":"\"token\": \"***\"","n":"]"}"#),
        (r#"{"m":"a\nBearer abc.def\ntoken=b"}"#, r#"{"m":"a\nBearer ***\ntoken=***"}"#),
        (r#"{"m":"Cookie: a=b; c=d"}"#, r#"{"m":"Cookie: ***"}"#),
    ] {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
        assert_eq!(hidden(line), expected);
        assert!(serde_json::from_str::<Value>(expected).is_ok(), "{expected}");
    }
}

#[test]
fn a_secret_in_a_text_is_hidden_by_its_name() {
    for (text, expected) in [
        ("GET /x?token=s3,t&u=1 HTTP/1.1", "GET /x?token=***&u=1 HTTP/1.1"),
        ("level=info password=\"a b\" user=ada", "level=info password=\"***\" user=ada"),
        ("Server=db;Password=a;Database=x", "Server=db;Password=***;Database=x"),
        ("password = hunter2, next", "password = ***, next"),
        ("login failed, password: swordfish!", "login failed, password: ***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("authorization: Basic Zm9vOmJhcg== from 10.0.0.1", "authorization: *** from 10.0.0.1"),
        ("set-cookie: sid=1; Path=/\nnext: 1", "set-cookie: ***\nnext: 1"),
        ("got Bearer eyJhbGciOi.J9.x-_y, retrying", "got Bearer ***, retrying"),
        ("postgres://app:s3cret@db/shop", "postgres://app:***@db/shop"),
        ("{'api_key': 'k1', 'n': 1}", "{'api_key': '***', 'n': 1}"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY---------END RSA PRIVATE KEY-----",
        ),
        ("x-api-key: abc X_AUTH_TOKEN=4f2", "x-api-key: *** X_AUTH_TOKEN=***"),
    ] {
        let expected = expected.replace("KEY---------END", "KEY-----***-----END");
        assert_eq!(hidden(text), expected);
        assert_eq!(hidden(&expected), expected, "hiding twice changes nothing");
    }
}

#[test]
fn what_is_no_secret_stays_as_it_is() {
    for text in [
        "",
        "12:30:45 GET http://h:80/a?b=1&c=2",
        "Unexpected token: end of file",
        "tokens=12 token_count=3 max_tokens: 5",
        "if token == null",
        "token= user=ada",
        "the bearer of it",
        "http://a:80/x@y mailto:ada@example.org",
        "-----BEGIN CERTIFICATE-----",
        "secret",
        "token:",
        "password=",
    ] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn mail_addresses_are_hidden_when_asked_for() {
    let mail = r#"{ patterns = ["mail"] }"#;
    assert_eq!(with(mail, r#"{"m":"to\nada@b.de"}"#), r#"{"m":"to\n***"}"#);
    let text = "from <ada.l+x@mail.example.org>, to b@c.de. cc @ x@y x@1.2 token=1";
    assert_eq!(with(mail, text), "from <***>, to ***. cc @ x@y x@1.2 token=1");
}

#[test]
fn card_numbers_are_hidden_by_their_checksum() {
    let card = r#"{ patterns = ["card"] }"#;
    for (text, expected) in [
        ("paid with 4111 1111 1111 1111.", "paid with ***."),
        ("4111-1111-1111-1111 17", "*** 17"),
        ("card=378282246310005", "card=***"),
        (r"a\n4111111111111111", r"a\n***"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("id 1795946400000000000 a4111111111111111", "id 1795946400000000000 a4111111111111111"),
    ] {
        assert_eq!(with(card, text), expected);
    }
    let mut event = event("", json!({"pan": 4_111_111_111_111_111_u64, "n": 4_111_111_111_111_112_u64}));
    read(card).unwrap().apply(&mut event);
    assert_eq!(Value::Object(event.fields), json!({"pan": "***", "n": 4_111_111_111_111_112_u64}));
}

#[test]
fn own_names_and_expressions_are_hidden_and_no_others() {
    let own = r#"{ fields = ["ssn", "*pin"], regex = ['order (?<secret>\d+)', 'X\d'] }"#;
    let text = r#"ssn=1 card_pin=2 token=3 order 17 X9 "ssn": "4""#;
    assert_eq!(with(own, text), r#"ssn=*** card_pin=*** token=3 order *** *** "ssn": "***""#);
    assert_eq!(read(own).unwrap().to_string(), r"ssn, *pin, /order (?<secret>\d+)/, /X\d/");
    assert_eq!(read(r#"{ patterns = ["token", "mail"] }"#).unwrap().to_string(), "token, mail");
}

#[test]
fn a_redaction_that_cannot_be_meant_is_refused_with_the_limit() {
    let refused = |redact: &str| read(redact).unwrap_err();
    assert_eq!(refused("{}"), "redact.fields: one of fields, patterns and regex must name something");
    assert!(refused(r#"{ patterns = ["tokens"] }"#).contains("must be one of token, mail, card"));
    let list = |count: usize| {
        let names: Vec<_> = (0..count).map(|number| format!("\"n{number}\"")).collect();
        format!("[{}]", names.join(","))
    };
    let fields = |count| read(&format!("{{ fields = {} }}", list(count)));
    assert!(fields(MAX_REDACTED_NAMES).is_ok());
    assert_eq!(fields(MAX_REDACTED_NAMES + 1).unwrap_err(), "redact.fields: has 101 items, the limit is 100");
    let regex = |count| read(&format!("{{ regex = {} }}", list(count)));
    assert!(regex(MAX_REDACTED_EXPRESSIONS).is_ok());
    assert_eq!(
        regex(MAX_REDACTED_EXPRESSIONS + 1).unwrap_err(),
        "redact.regex: has 21 items, the limit is 20"
    );
}

#[test]
fn the_default_can_be_switched_off_or_replaced() {
    let of = |text: &str| {
        let document = Document::parse("test.toml", text).unwrap();
        document.read(|root| root.section("events", Redaction::read_default)).unwrap()
    };
    assert_eq!(of(""), Redaction::default());
    assert_eq!(of("[events]\nredact = true"), Redaction::default());
    assert_eq!(of("[events]\nredact = false").text("token=1"), "token=1");
    assert_eq!(of("[events.redact]\nfields = [\"pin\"]").text("token=1 pin=2"), "token=1 pin=***");
}

/// A text of the largest event: quadratic time would take minutes.
#[test]
fn a_hostile_text_takes_no_time() {
    let all = read(r#"{ fields = ["a"], patterns = ["token", "mail", "card"] }"#).unwrap();
    for piece in [
        "token:",
        "a=\"",
        "4 ",
        "://",
        "\\\\\\\":",
        "a:{",
        "bearer ",
        "@a",
        "-----BEGIN ",
        "a='\\",
        "a.",
        "token: ",
        "\"a\":[",
        "cookie:\\",
    ] {
        all.text(&piece.repeat((256 << 10) / piece.len()));
    }
}

proptest! {
    #[test]
    fn hiding_never_panics_and_hiding_twice_is_hiding_once(
        text in any::<String>(),
        odd in "(token|a|4111 1111 1111 1111|Bearer abcdefg|[=:\"'\\\\{},\\[\\] @.é/&-]){0,20}",
    ) {
        let all = read(r#"{ fields = ["a"], patterns = ["token", "mail", "card"], regex = ["x"] }"#).unwrap();
        for text in [text, odd] {
            let _ = all.text(&text).into_owned();
        }
    }

    #[test]
    fn json_stays_json_whatever_its_texts(
        name in "(token|a|[ =:\"'\\\\{},é]){0,4}",
        texts in proptest::collection::vec("(token|password|cookie|Bearer abcdefgh|x|[=:\"'\\\\{}, @é/&\n-]){0,12}", 0..4),
    ) {
        let value = json!({name: texts, "token": texts, "n": {"text": texts.concat(), "secret": 5}});
        let all = read(r#"{ fields = ["a"], patterns = ["token", "mail", "card"] }"#).unwrap();
        for text in [value.to_string(), json!({"log": value.to_string()}).to_string()] {
            let hidden = all.text(&text).into_owned();
            prop_assert!(serde_json::from_str::<Value>(&hidden).is_ok(), "{text}\n{hidden}");
        }
    }
}
