//! Configurations of Gatus.

use super::{conditions::Conditions, gatus};
use crate::model::Site;

const FIXTURE: &str = include_str!("../../tests/fixtures/gatus.yaml");

/// The line of a target in the file.
fn target<'t>(toml: &'t str, name: &str) -> &'t str {
    let quoted = format!("\"{name}\" = ");
    let line = toml.lines().find(|line| line.starts_with(&format!("{name} = ")) || line.starts_with(&quoted));
    line.unwrap_or_else(|| panic!("{name} is not in\n{toml}"))
}

/// The keys of a target with these conditions.
fn keys(conditions: &[&str]) -> (String, Vec<String>) {
    let conditions = Conditions::read(conditions.iter().copied());
    let (mut site, left) = (Site::default(), conditions.left.clone());
    conditions.apply(&mut site);
    let keys: Vec<String> = site.keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    (keys.join(", "), left)
}

#[test]
fn forty_endpoints_are_taken_or_refused_with_the_reason() {
    let imported = gatus(FIXTURE).unwrap();
    assert_eq!(imported.taken + imported.refused, 40);
    for (name, reason) in [
        ("web/legacy", "it is not enabled in Gatus"),
        ("web/with environment", "its URL has a variable of the environment, which only Gatus knows"),
        ("databases/redis", "sending a body over TCP is not supported"),
        ("mail/smtp", "the scheme starttls is not supported"),
        ("network/udp", "the scheme udp is not supported"),
        ("network/ssh", "SSH with a login is not supported"),
        ("network/websocket", "the scheme wss is not supported"),
    ] {
        let warning = format!("{name}: not taken: {reason}");
        assert!(imported.warnings.contains(&warning), "{warning}\n{:#?}", imported.warnings);
        assert!(imported.toml.contains(&format!("#   {name}: {reason}\n")), "{}", imported.toml);
    }
}

#[test]
fn probes_other_than_http_are_taken() {
    let all = gatus(FIXTURE).unwrap();
    let toml = &all.toml;
    assert_eq!(
        target(toml, "gateway"),
        r#"gateway = { url = "icmp://192.0.2.1", timeout = "100ms", labels = { notify = "none" } }"#
    );
    assert_eq!(
        target(toml, "dns a"),
        r#""dns a" = { url = "dns://8.8.8.8/example.org", interval = "5m", expect_answer = ["93.184.215.14"], labels = { notify = "none" } }"#
    );
    assert_eq!(
        target(toml, "dns mx"),
        r#""dns mx" = { url = "dns://1.1.1.1/example.org", record = "MX", labels = { notify = "none" } }"#
    );
}

#[test]
fn what_an_endpoint_says_becomes_keys_of_a_target() {
    let toml = gatus(FIXTURE).unwrap().toml;
    for (name, line) in [
        (
            "only-connected",
            r#"only-connected = { url = "http://old.example.org/", expect_status = ["100-599"], labels = { notify = "none" } }"#,
        ),
        (
            "login",
            r#"login = { url = "https://login.example.org/", interval = "5m", expect_status = ["302"], max_redirects = 0, failures = 5, successes = 2 }"#,
        ),
        (
            "api admin",
            r#""api admin" = { url = "https://api.example.org/admin", username = "admin", password_file = "api-api-admin-password", expect_status = ["200"], failures = 3, successes = 2, labels = { notify = "discord+email" } }"#,
        ),
        (
            "docs",
            r#"docs = { url = "https://docs.example.org/", expect_status = ["200"], body_contains = "<title>Docs</title>", labels = { notify = "none" } }"#,
        ),
        (
            "postgres",
            r#"postgres = { tcp = "db1.example.org:5432", interval = "30s", failures = 3, successes = 2, labels = { environment = "production", notify = "pagerduty", team = "data" } }"#,
        ),
        ("mysql", r#"mysql = { tcp = "[2001:db8::5]:3306", labels = { notify = "none" } }"#),
    ] {
        assert_eq!(target(&toml, name), line);
    }
    assert!(
        target(&toml, "shop")
            .contains(r#"timeout = "299ms", expect_status = ["200"], body_json = { "/status" = "UP" }"#)
    );
    let nodes =
        "group = \"nodes\"\ninterval = \"15s\"\nexpect_status = [\"200\"]\n[collector.uptime.targets]\n";
    assert!(toml.contains(nodes), "what all targets of a group have is written once: {toml}");
}

#[test]
fn no_secret_is_in_the_file_and_each_has_a_file_of_its_own() {
    let imported = gatus(FIXTURE).unwrap();
    let all = format!("{}{}", imported.toml, imported.warnings.join("\n"));
    assert!(!all.contains("gatussecret"), "{all}");
    for file in
        ["slack-url", "mail-password", "telegram-token", "ntfy-token", "pagerduty-key", "api-api-users-token"]
    {
        assert!(imported.secret_files.contains(&file.to_owned()), "{file}: {:?}", imported.secret_files);
        assert!(imported.toml.contains(&format!("#   {file}: ")), "{}", imported.toml);
    }
    let warning = "api orders: the header X-Api-Key was left out: it may hold a secret";
    assert!(imported.warnings.contains(&warning.to_owned()));
}

#[test]
fn conditions_become_expectations() {
    for (conditions, expected) in [
        (&["[STATUS] == 200"][..], r#"expect_status = ["200"]"#),
        (&["[STATUS] == any(200, 429)"], r#"expect_status = ["200", "429"]"#),
        (&["[STATUS] >= 200", "[STATUS] < 300"], ""),
        (&["[STATUS] != 500"], r#"expect_status = ["100-499", "501-599"]"#),
        (&["[STATUS] <= 399"], r#"expect_status = ["100-399"]"#),
        (&["[CONNECTED] == true"], r#"expect_status = ["100-599"]"#),
        (
            &["[STATUS] > 199", "[STATUS] < 300", "[BODY] == Hello, world"],
            r#"body_matches = "(?s)\\A\\s*Hello, world\\s*\\z""#,
        ),
        (
            &["[STATUS] > 199", "[STATUS] < 300", "[BODY] == pat(a*b?)"],
            r#"body_matches = "(?s)\\A\\s*a.*b.\\s*\\z""#,
        ),
        (
            &["[STATUS] > 199", "[STATUS] < 300", "[BODY].a/b[2].c == 5"],
            r#"body_json = { "/a~1b/2/c" = "5" }"#,
        ),
    ] {
        assert_eq!(keys(conditions), (expected.to_owned(), Vec::new()), "{conditions:?}");
    }
    for condition in [
        "[STATUS] == 99",
        "[STATUS] == 2xx",
        "len([BODY].data) > 0",
        "has([BODY].errors) == false",
        "[BODY].name == pat(a*)",
        "[BODY] == [\"a\"]",
        "[DOMAIN_EXPIRATION] > 720h",
        "[IP] == 127.0.0.1",
        "nonsense",
    ] {
        let left = keys(&[condition]).1;
        assert_eq!(left, [format!("the condition `{condition}` was left out")]);
    }
}

#[test]
fn what_is_not_a_configuration_of_gatus_is_refused() {
    for (text, reason) in [
        ("a: [1", "not valid YAML: "),
        ("services: []", "is not a configuration of Gatus, or has no endpoints"),
        ("just text", "is not a configuration of Gatus, or has no endpoints"),
    ] {
        let error = gatus(text).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
}

#[test]
fn as_many_endpoints_as_targets_are_imported_and_a_longer_file_is_refused() {
    use crate::{MAX_IMPORT_BYTES, MAX_IMPORTED};
    let endpoints = |count: usize| {
        let endpoints: Vec<String> =
            (0..count).map(|i| format!("{{name: e{i}, url: 'tcp://h:{}'}}", i + 1)).collect();
        format!("endpoints: [{}]", endpoints.join(", "))
    };
    assert_eq!(gatus(&endpoints(MAX_IMPORTED)).unwrap().taken, MAX_IMPORTED);
    let error = gatus(&endpoints(MAX_IMPORTED + 1)).unwrap_err();
    assert_eq!(error.to_string(), "has 20001 endpoints, the limit is 20000");
    let long = " ".repeat(usize::try_from(MAX_IMPORT_BYTES).unwrap() + 1);
    assert_eq!(gatus(&long).unwrap_err().to_string(), "the file has more than 16777216 bytes");
}

#[test]
fn an_external_endpoint_becomes_a_heartbeat_that_says_what_the_job_calls_now() {
    let toml = gatus(FIXTURE).unwrap().toml;
    let heartbeat = "# cron/backup: let the job call /v1/heartbeats/cron-backup instead of \
                     /api/v1/endpoints/cron_backup/external.\n\
                     [[heartbeat]]\nname = \"cron-backup\"\nevery = \"30m\"\ngrace = \"3m\"\nreceivers = [\"email\"]\n";
    assert!(toml.contains(heartbeat), "{toml}");
}
