//! Promises of the configuration reader.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use watchkeeper_config::{
    self, ConfigError, ConfigErrors, Document, MAX_ERRORS, MAX_FILE_BYTES, Secret, Section,
};

const SECOND: Duration = Duration::from_secs(1);

/// A section with a key of every kind.
#[derive(Debug, Default)]
struct Everything {
    size: usize,
    on: bool,
    age: Duration,
    room: usize,
    name: String,
    note: Option<String>,
    listen: Option<SocketAddr>,
    peers: Vec<SocketAddr>,
    ports: Vec<u16>,
    levels: Vec<u8>,
    ttl: BTreeMap<String, Duration>,
    password: Option<Secret>,
    inner: u16,
    targets: Vec<String>,
}

const LEVELS: [(&str, u8); 2] = [("low", 1), ("high", 2)];

impl Everything {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            size: section.integer("size", 1..=100, 10),
            on: section.boolean("on", true),
            age: section.duration("age", SECOND..=60 * SECOND, 15 * SECOND),
            room: section.bytes("room", 1..=1 << 20, 4096),
            name: section.text("name", 8, "unnamed"),
            note: section.optional_text("note", 8),
            listen: section.parsed("listen"),
            peers: section.parsed_list("peers", 2),
            ports: section.parsed_set("ports", 3),
            levels: section.choices("levels", &LEVELS),
            ttl: section.durations("ttl", 2, SECOND..=60 * SECOND),
            password: section.secret_file("password_file"),
            inner: section.section("inner", |inner| inner.integer("port", 1..=9999, 80)),
            targets: section.sections("target", 2, |target| target.required_text("url", 20)),
        }
    }
}

/// The text is TOML.
fn parse(text: &str) -> Document<'_> {
    Document::parse("watchkeeper.toml", text).unwrap()
}

fn read(text: &str) -> Result<Everything, ConfigErrors> {
    Document::parse("watchkeeper.toml", text)?.read(Everything::read)
}

/// The errors of `text`, each as `line key: reason`.
fn errors(text: &str) -> Vec<String> {
    read(text).unwrap_err().first().iter().map(|error| format!("{} {error}", error.line())).collect()
}

fn only_error(text: &str) -> String {
    let errors = errors(text);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].clone()
}

#[test]
fn without_a_file_every_key_has_its_default() {
    let read = Document::empty().read(Everything::read).unwrap();
    assert_eq!((read.size, read.on, read.age, read.room), (10, true, 15 * SECOND, 4096));
    assert_eq!((read.name.as_str(), read.note, read.inner), ("unnamed", None, 80));
    assert!(read.levels.is_empty() && read.ttl.is_empty() && read.password.is_none());
}

#[test]
fn every_kind_of_value_is_read() {
    let read = read(
        r#"
        size = 0x40
        on = false
        age = "30s"
        room = "512KiB"
        name = "host"
        note = "x"
        listen = "127.0.0.1:80"
        peers = ["[::1]:1"]
        ports = ["80", "443"]
        levels = ["high", "low"]
        [ttl]
        github = "1m"
        "a b" = "2s"
        [inner]
        port = 1
        [[target]]
        url = "one"
        [[target]]
        url = "two"
        "#,
    )
    .unwrap();
    assert_eq!((read.size, read.on, read.age, read.room), (64, false, 30 * SECOND, 512 << 10));
    assert_eq!((read.name.as_str(), read.note.as_deref()), ("host", Some("x")));
    assert_eq!((read.listen, read.peers.len()), ("127.0.0.1:80".parse().ok(), 1));
    assert_eq!((read.ports, read.levels, read.inner), (vec![80, 443], vec![2, 1], 1));
    assert_eq!(read.ttl, [("a b".to_owned(), 2 * SECOND), ("github".to_owned(), 60 * SECOND)].into());
    assert_eq!(read.targets, ["one", "two"]);
}

#[test]
fn all_errors_are_reported_at_once_by_line() {
    let text = r#"size = 0
age = 15
[[target]]
url = "one"
[[target]]
[inner]
port = "x"
[ttl]
github = "1h"
"#;
    assert_eq!(
        errors(text),
        [
            "1 size: must be from 1 to 100, is 0",
            "2 age: needs a unit: write \"15s\" for seconds, or ms, m, h, d",
            "5 target[1].url: is missing",
            "7 inner.port: must be a whole number, is text",
            "9 ttl.github: must be from 1s to 1m, is 1h",
        ]
    );
}

#[test]
fn each_wrong_value_says_what_it_must_be() {
    for (text, expected) in [
        ("size = 99999999999999999999999", "size: must be from 1 to 100, is 99999999999999999999999"),
        ("size = 1.0", "size: must be a whole number, is a number"),
        ("on = \"yes\"", "on: must be true or false, is text"),
        ("age = \"2m\"", "age: must be from 1s to 1m, is 2m"),
        ("age = 1979-05-27", "age: must be a duration such as \"15s\", is a date or time"),
        ("room = \"2 MiB\"", "room: must be from 1 B to 1 MiB, is 2 MiB"),
        ("room = 10", "room: needs a unit: write \"10 B\" for bytes, or KiB, MiB, GiB, TiB"),
        ("name = \"\"", "name: must not be empty"),
        ("name = \"123456789\"", "name: has 9 bytes, the limit is 8"),
        ("peers = [\"[::1]:1\", 2]", "peers[1]: must be text, is a number"),
        ("listen = \"here\"", "listen: invalid socket address syntax (is \"here\")"),
        ("ports = [\"443\", \"80\", \"80\"]", "ports[2]: is the same as ports[1]"),
        ("levels = [\"hihg\"]", "levels[0]: must be one of low, high, is \"hihg\"; did you mean `high`?"),
        ("levels = [\"all\"]", "levels[0]: must be one of low, high, is \"all\""),
        ("levels = [\"low\", \"low\", \"low\"]", "levels: has 3 items, the limit is 2"),
        ("ttl = { a = \"1s\", b = \"1s\", c = \"1s\" }", "ttl: has 3 entries, the limit is 2"),
        ("target = {}", "target: must be a list, is a section"),
        ("target = [1]", "target[0]: must be a section, is a number"),
        ("inner = true", "inner: must be a section, is true or false"),
        ("target = [{url=\"a\"}, {url=\"b\"}, {url=\"c\"}]", "target: has 3 items, the limit is 2"),
    ] {
        assert_eq!(only_error(text), format!("1 {expected}"));
    }
}

#[test]
fn a_number_is_read_with_a_fraction_or_without_and_is_finite() {
    let number = |value: &str| {
        let text = format!("x = {value}");
        let read = parse(&text).read(|root| root.number("x"));
        read.map_err(|errors| errors.first()[0].to_string())
    };
    assert_eq!(number("-3"), Ok(Some(-3.0)));
    assert_eq!(number("1_000.5e1"), Ok(Some(10_005.0)));
    assert_eq!(number("inf").unwrap_err(), "x: must be a finite number, is inf");
    assert_eq!(number("0x10").unwrap_err(), "x: must be a number in decimal digits");
    assert_eq!(number("\"1\"").unwrap_err(), "x: must be a number, is text");
}

#[test]
fn a_list_that_is_empty_is_there() {
    assert_eq!(parse("x = []").read(|root| (root.has("x"), root.has("y"))), Ok((true, false)));
}

#[test]
fn an_unknown_key_is_an_error_and_a_close_one_is_named() {
    assert_eq!(only_error("sise = 1"), "1 sise: unknown key; did you mean `size`?");
    assert_eq!(only_error("[inner]\nprot = 1"), "2 inner.prot: unknown key; did you mean `port`?");
    assert_eq!(only_error("\"a b\" = 1"), "1 \"a b\": unknown key");
    assert_eq!(only_error("[[targets]]\nurl = \"x\""), "1 targets: unknown key; did you mean `target`?");
}

#[test]
fn an_error_is_shown_with_its_line() {
    let text = "[inner]\n# The port.\nport = 10000 # too high\n";
    assert_eq!(
        read(text).unwrap_err().to_string(),
        "error: inner.port: must be from 1 to 9999, is 10000
 --> watchkeeper.toml:3:8
  |
3 | port = 10000 # too high
  |        ^^^^^

1 error in watchkeeper.toml"
    );
}

#[test]
fn a_password_written_into_the_file_is_not_shown() {
    let shown = read("password = \"hunter2\"").unwrap_err().to_string();
    assert!(shown.contains("did you mean `password_file`?") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_is_not_toml_is_reported_in_the_same_form() {
    let shown = Document::parse("watchkeeper.toml", "size = 1\nname = \n= 3\n").unwrap_err().to_string();
    assert!(shown.contains("--> watchkeeper.toml:2:8\n"), "{shown}");
    assert!(shown.contains("--> watchkeeper.toml:3:1\n"), "{shown}");
    assert_eq!(only_error("size = 1\nsize = 2").split(' ').next(), Some("2"));
}

#[test]
fn a_rule_between_keys_is_refused_at_its_key_or_section() {
    let between = |root: &mut Section<'_>| {
        root.section("inner", |inner| {
            inner.boolean("a", false);
            inner.refuse("a", "must be off without `b`");
            inner.refuse("b", "is needed");
        });
    };
    let errors = parse("\n[inner]\na = true\n").read(between).unwrap_err();
    let lines: Vec<_> = errors.first().iter().map(|error| (error.line(), error.to_string())).collect();
    assert_eq!(lines, [(2, "inner.b: is needed".into()), (3, "inner.a: must be off without `b`".into())]);
}

#[test]
fn more_errors_than_the_limit_are_counted() {
    let text = (0..=MAX_ERRORS).map(|number| format!("key{number} = 1")).collect::<Vec<_>>().join("\n");
    let errors = read(&text).unwrap_err();
    assert_eq!((errors.first().len(), errors.count()), (MAX_ERRORS, MAX_ERRORS + 1));
    assert!(errors.to_string().ends_with("101 errors in watchkeeper.toml"));
}

#[test]
fn the_longest_file_is_read_and_a_longer_one_refused() {
    let longest = "#".repeat(MAX_FILE_BYTES);
    assert!(read(&longest).is_ok());
    let reason = only_error(&(longest + "#"));
    assert_eq!(reason, "1 the file has 1048577 bytes, the limit is 1048576");
}

#[test]
fn a_file_is_loaded_and_checked_without_its_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("watchkeeper.toml");
    fs::write(&file, "size = 7\npassword_file = \"absent\"").unwrap();
    assert_eq!(watchkeeper_config::check(&file, Everything::read).unwrap().size, 7);
    let errors = watchkeeper_config::load(&file, Everything::read).unwrap_err();
    assert_eq!((errors.count(), errors.first()[0].key()), (1, "password_file"));
}

#[test]
fn the_path_of_a_file_begins_beside_the_configuration() {
    let text = "near = \"subject.txt\"\nfar = \"/srv/subject.txt\"\n";
    let document = Document::parse("/etc/watchkeeper/watchkeeper.toml", text).unwrap();
    let (near, far, none) =
        document.read(|root| (root.path("near"), root.path("far"), root.path("none"))).unwrap();
    assert_eq!(near.as_deref(), Some("/etc/watchkeeper/subject.txt".as_ref()));
    assert_eq!(far.as_deref(), Some("/srv/subject.txt".as_ref()));
    assert_eq!(none, None);
}

#[test]
fn a_secret_that_must_be_there_is_missed_once() {
    let required = |text| parse(text).read(|root| root.required_secret_file("key_file")).unwrap_err();
    for (text, reason) in [("", "key_file: is missing"), ("key_file = \"/absent\"", "key_file: cannot read")]
    {
        let errors = required(text);
        assert!(errors.count() == 1 && errors.first()[0].to_string().starts_with(reason), "{errors}");
    }
}

#[test]
fn the_secrets_of_what_this_process_does_not_use_are_not_opened_and_the_rest_of_it_is_checked() {
    let read = |text| parse(text).read(|root| root.without_secrets(Everything::read));
    assert_eq!(read("password_file = \"absent\"").unwrap().password, Some(Secret::default()));
    assert_eq!(read("size = 0").unwrap_err().count(), 1);
    let both = |root: &mut Section<'_>| {
        root.without_secrets(|root| root.section("one", |one| one.secret_file("key_file")));
        root.section("other", |other| other.secret_file("key_file"))
    };
    let errors = parse("one.key_file = \"a\"\nother.key_file = \"b\"").read(both).unwrap_err();
    assert_eq!((errors.count(), errors.first()[0].key()), (1, "other.key_file"));
}

#[test]
fn the_secret_of_a_process_is_the_one_in_its_directory_beside_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("watchkeeper.toml");
    fs::write(&file, "password_file = \"password\"").unwrap();
    for process in ["api", "ingest-2"] {
        let credentials = directory.path().join("credentials").join(process);
        fs::create_dir_all(&credentials).unwrap();
        fs::write(credentials.join("password"), process).unwrap();
        fs::set_permissions(credentials.join("password"), fs::Permissions::from_mode(0o600)).unwrap();
    }
    for process in ["api", "ingest-2"] {
        let read = watchkeeper_config::load_for(process, &file, Everything::read).unwrap();
        assert_eq!(read.password.unwrap().expose(), process);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_without_a_line() {
    let shown = watchkeeper_config::load("/no/such/file", Everything::read).unwrap_err().to_string();
    assert_eq!(
        shown,
        "error: cannot be read: No such file or directory (os error 2)\n1 error in /no/such/file"
    );
}

/// Text of the shape of a configuration, mostly wrong.
fn any_configuration() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("size"),
        Just("on"),
        Just("age"),
        Just("room"),
        Just("name"),
        Just("listen"),
        Just("levels"),
        Just("ttl"),
        Just("inner"),
        Just("target"),
        Just("a.b"),
        Just("\"ключ\""),
    ];
    let value = prop_oneof![
        Just("0"),
        Just("-1.5"),
        Just("inf"),
        Just("true"),
        Just("\"15s\""),
        Just("\"ü 4 MiB\""),
        Just("[1, \"x\"]"),
        Just("{ port = 1 }"),
        Just("[[], {}]"),
        Just("12:00:00"),
        Just("\"\"\"\n\n\"\"\""),
        Just("'"),
    ];
    let line = prop_oneof![
        (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}")),
        key.clone().prop_map(|key| format!("[{key}]")),
        key.prop_map(|key| format!("[[{key}]]")),
        "\\PC{0,12}",
    ];
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_lines_of_it(text in prop_oneof![any::<String>(), any_configuration()]) {
        if let Err(errors) = read(&text) {
            let lines = text.split('\n').count();
            prop_assert!(errors.count() > 0);
            prop_assert!(errors.first().iter().all(|error| (1..=lines).contains(&error.line())), "{}", errors);
            prop_assert!(errors.first().is_sorted_by_key(ConfigError::line));
            prop_assert!(!errors.to_string().is_empty());
        }
    }
}
