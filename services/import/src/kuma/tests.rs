//! Configurations of Uptime Kuma.

use super::{backup, import, uptime_kuma};
use crate::Imported;
use rusqlite::Connection;
use serde_json::Value;
use std::fs;

const FIXTURE: &str = include_str!("../../tests/fixtures/uptime-kuma.json");

fn imported() -> Imported {
    let root: Value = serde_json::from_str(FIXTURE).unwrap();
    import(&backup(&root).unwrap()).unwrap()
}

fn has_line(toml: &str, line: &str) {
    assert!(toml.lines().any(|found| found == line), "{line}\n{toml}");
}

#[test]
fn forty_monitors_are_taken_or_refused_with_the_reason() {
    let imported = imported();
    assert_eq!(imported.taken + imported.refused, 40);
    for (name, reason) in [
        ("API version", "the JSON query $count(items) is not supported"),
        ("API ntlm", "authentication by ntlm is not supported"),
        ("No errors", "a keyword that must not be there is not supported"),
        ("Upside down", "upside down mode is not supported"),
        ("Paused", "it is paused"),
        ("Traefik", "a monitor of type docker is not supported"),
        ("Game", "a monitor of type steam is not supported"),
        ("SQL", "a monitor of type postgres is not supported"),
    ] {
        let warning = format!("{name}: not taken: {reason}");
        assert!(imported.warnings.contains(&warning), "{warning}\n{:#?}", imported.warnings);
    }
}

#[test]
fn what_a_monitor_says_becomes_keys_of_a_target() {
    let toml = imported().toml;
    for line in [
        r#"Shop = { url = "https://shop.example.org/", max_redirects = 10, failures = 3, labels = { certificate_days = "21", production = "true", team = "web" } }"#,
        r#"Forum = { url = "https://forum.example.org/", expect_status = ["200-299", "301", "403"], max_redirects = 0 }"#,
        r#"Blog = { url = "https://blog.example.org/", body_contains = "Latest posts", max_redirects = 10 }"#,
        r#"Mail = "tcp://[2001:db8::25]:25""#,
        r#"Postgres = { tcp = "db1.example.org:5432", labels = { notify = "duty-telegram" } }"#,
        r#""Credentials in URL" = { url = "https://files.example.org/list", username = "probe", password_file = "credentials-in-url-password" }"#,
        r#""Café ☕ \"quoted\"" = "https://cafe.example.org/?q=a&b=c""#,
        r#"Fast = { url = "http://fast.example.org/", interval = "20s", timeout = "5s" }"#,
        r#"telegram = { token_file = "duty-telegram-token", chat = "-100123" }"#,
        r#"mail = "smtps://mail.example.org:465""#,
    ] {
        has_line(&toml, line);
    }
}

#[test]
fn probes_other_than_http_and_pushes_are_taken() {
    let all = imported();
    has_line(&all.toml, r#"Gateway = "icmp://192.0.2.1""#);
    has_line(&all.toml, r#"name = "backup""#);
    has_line(&all.toml, "# Backup: let the job call /v1/heartbeats/backup instead of /api/push/TOKEN.");
    has_line(&all.toml, r#"DNS = { url = "dns://9.9.9.9/example.org", record = "MX" }"#);
}

#[test]
fn no_secret_is_in_the_file() {
    let imported = imported();
    let all = format!("{}{}", imported.toml, imported.warnings.join("\n"));
    assert!(!all.contains("kumasecret"), "{all}");
    assert!(imported.secret_files.contains(&"team-slack-url".to_owned()), "{:?}", imported.secret_files);
}

#[test]
fn a_target_that_notifies_others_than_most_has_a_rule_of_its_own() {
    let toml = imported().toml;
    for line in [
        r#"name = "site_down""#,
        r#"match = ['source="uptime"', 'name="availability_percent"', 'notify=""']"#,
        r#"receivers = ["ops-mail"]"#,
        r#"match = ['source="uptime"', 'name="availability_percent"', 'notify="ops-mail+team-slack"']"#,
        r#"receivers = ["ops-mail", "team-slack"]"#,
        r#"name = "site_down_none""#,
        "receivers = []",
        r#"match = ['source="uptime"', 'name="certificate_expires_in_days"', 'certificate_days="21"', 'notify="duty-telegram"']"#,
        "threshold = { below = 21 }",
    ] {
        has_line(&toml, line);
    }
}

/// A database with the tables of version 2, with the columns that are read.
fn database(file: &std::path::Path) {
    let database = Connection::open(file).unwrap();
    let tables = "
        CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, active BOOLEAN, type TEXT, url TEXT, hostname TEXT,
            port INTEGER, interval INTEGER, timeout DOUBLE, maxretries INTEGER, keyword TEXT, invert_keyword BOOLEAN,
            ignore_tls BOOLEAN, upside_down BOOLEAN, expiry_notification BOOLEAN, accepted_statuscodes_json TEXT,
            maxredirects INTEGER, method TEXT, parent INTEGER, json_path TEXT, json_path_operator TEXT, expected_value TEXT);
        CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT, color TEXT);
        CREATE TABLE monitor_tag (monitor_id INTEGER, tag_id INTEGER, value TEXT);
        CREATE TABLE notification (id INTEGER PRIMARY KEY, name TEXT, config TEXT, active BOOLEAN);
        CREATE TABLE monitor_notification (monitor_id INTEGER, notification_id INTEGER);
        CREATE TABLE maintenance (id INTEGER PRIMARY KEY, title TEXT, active BOOLEAN, strategy TEXT, start_time TEXT,
            end_time TEXT, weekdays TEXT, interval_day INTEGER, timezone TEXT);
        CREATE TABLE monitor_maintenance (monitor_id INTEGER, maintenance_id INTEGER);
        INSERT INTO monitor VALUES
            (1, 'Web', 1, 'group', NULL, NULL, NULL, 60, 48, 0, NULL, 0, 0, 0, 0, '[\"200-299\"]', 10, 'GET', NULL, NULL, NULL, NULL),
            (2, 'Shop', 1, 'http', 'https://shop.example.org/', NULL, NULL, 60, 48, 1, NULL, 0, 0, 0, 1, '[\"200-299\"]', 5, 'GET', 1, NULL, NULL, NULL),
            (3, 'Health', 1, 'json-query', 'https://api.example.org/', NULL, NULL, 60, 48, 0, NULL, 0, 0, 0, 0, '[\"200\"]', 5, 'GET', NULL, 'status', '==', 'ok'),
            (4, 'Off', 0, 'http', 'https://off.example.org/', NULL, NULL, 60, 48, 0, NULL, 0, 0, 0, 0, '[\"200-299\"]', 5, 'GET', NULL, NULL, NULL, NULL);
        INSERT INTO tag VALUES (1, 'team', '#fff');
        INSERT INTO monitor_tag VALUES (2, 1, 'web');
        INSERT INTO notification VALUES (7, 'Chat', '{\"type\":\"discord\",\"discordWebhookUrl\":\"https://discord.com/api/webhooks/1/kumasecret\"}', 1);
        INSERT INTO monitor_notification VALUES (2, 7), (3, 7);
        INSERT INTO maintenance VALUES
            (1, 'Weekly backup', 1, 'recurring-weekday', '23:30', '01:00', '[0,3]', 1, 'Europe/Berlin'),
            (2, 'Once', 1, 'single', NULL, NULL, '[]', 1, 'SAME_AS_SERVER'),
            (3, 'Every night', 1, 'recurring-interval', '02:00', '02:15', '[]', 1, 'SAME_AS_SERVER');
        INSERT INTO monitor_maintenance VALUES (2, 1), (3, 1);";
    database.execute_batch(tables).unwrap();
    // As Uptime Kuma has it.
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
}

#[test]
fn a_database_is_read_with_its_maintenance_windows_and_not_changed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("kuma 50%?.db");
    database(&file);
    let before = fs::read(&file).unwrap();
    let imported = uptime_kuma(&file).unwrap();
    assert_eq!((imported.taken, imported.refused), (2, 1));
    for line in [
        r#"group = "Web""#,
        r#"Shop = { url = "https://shop.example.org/", failures = 2, labels = { certificate_days = "21", team = "web" } }"#,
        r#"Health = { url = "https://api.example.org/", expect_status = ["200"], body_json = { "/status" = "ok" } }"#,
        r#"discord = { url_file = "chat-url" }"#,
        r#"name = "weekly-backup""#,
        r#"days = ["sun", "wed"]"#,
        r#"start = "23:30""#,
        r#"duration = "90m""#,
        r#"time_zone = "Europe/Berlin""#,
        r#"match = ["source=\"uptime\"", "target=~\"Shop|Health\""]"#,
        r#"name = "every-night""#,
        r#"duration = "15m""#,
    ] {
        has_line(&imported.toml, line);
    }
    let once = "the maintenance Once was left out: it does not recur: use `watchkeeper silences add`";
    assert!(imported.warnings.contains(&once.to_owned()), "{:?}", imported.warnings);
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no journal is left");
}

#[test]
fn what_is_neither_a_backup_nor_a_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let error = |bytes: &[u8]| {
        let file = directory.path().join("file");
        fs::write(&file, bytes).unwrap();
        uptime_kuma(&file).unwrap_err().to_string()
    };
    assert!(error(b"{}").starts_with("is neither a backup of Uptime Kuma (`monitorList` is missing)"));
    assert!(error(b"monitors:").starts_with("not valid JSON: "));
    assert!(error(b"SQLite format 3\0 but nothing else").starts_with("cannot read the database: "));
    let absent = uptime_kuma(&directory.path().join("absent")).unwrap_err().to_string();
    assert!(absent.starts_with("cannot read the file: "), "{absent}");
}
