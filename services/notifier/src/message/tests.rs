//! The default texts to the letter, and what is promised of all templates.
//!
//! The texts stand in `tests/messages/`; `UPDATE_EXPECT=1 cargo test -p watchkeeper-notifier` writes them anew.

use super::render::{MAX_BODY_BYTES, MAX_SUBJECT_CHARS, MAX_SUMMARY_CHARS};
use super::{MAX_LISTED, Message, TemplateError, TemplateSource, TemplateSources, Templates, example};
use crate::plan::{News, Notice, Recipient, Told, Why};
use expect_test::{ExpectFile, expect_file};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use watchkeeper_config::Document;
use watchkeeper_domain::{Alert, Series, Severity, Timestamp};

use watchkeeper_rules::{Routing, RuleSet, state_series};

const RULES: &str = r#"
[[rule]]
name = "site_down"
severity = "critical"
match = ['source="uptime"']
for = "2m"
summary = "Customers of {{ labels.target }} see an error page. Runbook: https://wiki.example.org/{{ rule }}"
threshold = { below = 50, clear_at = 60 }
[[rule]]
name = "disk_full"
match = ['name="disk_used_percent"']
threshold = { above = 90 }
"#;

fn rules(text: &str) -> RuleSet {
    let document = Document::parse("test.toml", text).unwrap();
    document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap()
}

fn templates() -> Templates {
    let url = Some("https://watch.example.org/".to_owned());
    Templates::new(&TemplateSources::default(), &rules(RULES), url).unwrap()
}

fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

fn site_down() -> Alert {
    let series = Series::new("uptime", "availability_percent", "percent", &[("target", "shop")]).unwrap();
    Alert {
        rule: "site_down".into(),
        series: Arc::new(series),
        severity: Severity::Critical,
        fired_at: at("10:00:00"),
        cleared_at: None,
        value: Some(0.0),
        reason: "is 0 percent, below 50 for 2m".into(),
        acknowledged: None,
    }
}

fn disk_full(host: &str, used: f64) -> Alert {
    let labels = [("host", host), ("mount", "/")];
    Alert {
        rule: "disk_full".into(),
        series: Arc::new(Series::new("host", "disk_used_percent", "percent", &labels).unwrap()),
        severity: Severity::Warning,
        fired_at: at("09:58:30.250"),
        cleared_at: None,
        value: Some(used),
        reason: format!("is {used} percent, above 90"),
        acknowledged: None,
    }
}

fn cleared(alert: Alert, reason: &str) -> Alert {
    Alert { cleared_at: Some(at("10:04:10")), reason: reason.into(), value: Some(100.0), ..alert }
}

fn notice(why: Why, alerts: &[(News, Alert)]) -> Notice<'_> {
    Notice {
        id: "5f1d7a84e2c3b09617aa40de-1795169050000000".into(),
        follows: (why != Why::First).then(|| "5f1d7a84e2c3b09617aa40de-1795168830000000".into()),
        recipient: Recipient::Mail("ops@example.org".parse().unwrap()),
        group: vec![("rule".into(), alerts[0].1.rule.clone())],
        why,
        alerts: alerts.iter().map(|(news, alert)| Told { news: *news, alert }).collect(),
        muted: 0,
        escalated_after: None,
        made_at: at("10:04:10"),
    }
}

fn check(notice: &Notice<'_>, text: &ExpectFile, html: &ExpectFile) {
    let Message { subject, text: body, html: markup } = templates().message(notice);
    text.assert_eq(&format!("Subject: {subject}\n\n{body}"));
    html.assert_eq(&markup.unwrap());
}

#[test]
fn one_alert_that_fires() {
    check(
        &notice(Why::First, &[(News::Fires, site_down())]),
        &expect_file!["../../tests/messages/one.txt"],
        &expect_file!["../../tests/messages/one.html"],
    );
}

#[test]
fn one_alert_says_first_why_the_probe_failed() {
    let reason = "answered 500, expected 2xx (availability is 0 percent, below 50 for 2m)";
    let alert = Alert { reason: reason.into(), ..site_down() };
    let Message { subject, text, html } = templates().message(&notice(Why::First, &[(News::Fires, alert)]));
    assert_eq!(subject, format!("[critical] site_down: shop: {reason}"));
    assert!(text.starts_with(&format!("CRITICAL: site_down: shop: {reason}\n")), "{text}");
    assert!(html.unwrap().contains(&format!("Critical: site_down: shop: {reason}</h1>")));
}

#[test]
fn the_subject_of_a_heartbeat_names_its_job_once() {
    let series = Arc::new(state_series("backup"));
    let reason = "run failed with exit code 3: disk full".to_owned();
    let alert = Alert { rule: "heartbeat:backup".into(), series, reason, value: None, ..site_down() };
    let Message { subject, .. } = templates().message(&notice(Why::First, &[(News::Fires, alert)]));
    assert_eq!(subject, "[critical] heartbeat:backup: run failed with exit code 3: disk full");
}

#[test]
fn a_reason_that_does_not_continue_a_sentence_follows_a_colon() {
    let subject = |series: Series, reason: &str| {
        let alert = Alert { series: Arc::new(series), reason: reason.into(), ..site_down() };
        templates().message(&notice(Why::First, &[(News::Fires, alert)])).subject
    };
    let uptime = || Series::new("host", "uptime", "s", &[("host", "web1")]).unwrap();
    assert_eq!(subject(uptime(), "no sample for 10m"), "[critical] site_down: web1: no sample for 10m");
    assert_eq!(
        subject(uptime(), "rose by 5 s within 1m"),
        "[critical] site_down: web1 rose by 5 s within 1m"
    );
    let labels = [("partition", "0"), ("topic", "metrics")];
    let letters = Series::new("watchkeeper", "dead_letters", "records", &labels).unwrap();
    let reason = "a record of topic metrics was rejected: value: is missing";
    assert_eq!(subject(letters, reason), format!("[critical] site_down: {reason}"));
}

#[test]
fn one_alert_that_has_cleared() {
    let alert = cleared(site_down(), "is 100 percent, no longer below 60");
    check(
        &notice(Why::Recovered, &[(News::Cleared, alert)]),
        &expect_file!["../../tests/messages/one_recovered.txt"],
        &expect_file!["../../tests/messages/one_recovered.html"],
    );
}

#[test]
fn one_alert_without_a_value_that_still_fires() {
    let series = Arc::new(Series::new("host", "uptime", "s", &[]).unwrap());
    let reason = "has no sample for 10m".to_owned();
    let alert = Alert { rule: "host_silent".into(), series, value: None, reason, ..site_down() };
    check(
        &notice(Why::Repeated, &[(News::StillFires, alert)]),
        &expect_file!["../../tests/messages/one_repeated.txt"],
        &expect_file!["../../tests/messages/one_repeated.html"],
    );
}

#[test]
fn many_alerts_of_which_some_are_new_and_some_have_cleared() {
    let alerts = [
        (News::Fires, disk_full("web2", 93.4)),
        (News::FiresAgain, disk_full("web1", 91.0)),
        (News::Cleared, cleared(disk_full("db2", 70.0), "is 70 percent, no longer above 90")),
        (News::StillFires, disk_full("db1", 97.25)),
    ];
    check(
        &Notice { muted: 1, ..notice(Why::Changed, &alerts) },
        &expect_file!["../../tests/messages/many.txt"],
        &expect_file!["../../tests/messages/many.html"],
    );
}

#[test]
fn many_alerts_that_have_cleared() {
    let alert = |host| (News::Cleared, cleared(disk_full(host, 70.0), "is 70 percent, no longer above 90"));
    check(
        &notice(Why::Recovered, &[alert("web1"), alert("web2")]),
        &expect_file!["../../tests/messages/many_recovered.txt"],
        &expect_file!["../../tests/messages/many_recovered.html"],
    );
}

#[test]
fn more_alerts_that_have_cleared_than_are_listed() {
    let alert = |host: usize| {
        let full = disk_full(&format!("web{host:02}"), 70.0);
        (News::Cleared, cleared(full, "is 70 percent, no longer above 90"))
    };
    let alerts: Vec<_> = (0..=MAX_LISTED).map(alert).collect();
    check(
        &notice(Why::Recovered, &alerts),
        &expect_file!["../../tests/messages/more_recovered.txt"],
        &expect_file!["../../tests/messages/more_recovered.html"],
    );
}

#[test]
fn alerts_that_have_cleared_while_a_silenced_one_fires() {
    let alert = |host| (News::Cleared, cleared(disk_full(host, 70.0), "is 70 percent, no longer above 90"));
    check(
        &Notice { muted: 1, ..notice(Why::Recovered, &[alert("web1"), alert("web2")]) },
        &expect_file!["../../tests/messages/recovered_but_muted.txt"],
        &expect_file!["../../tests/messages/recovered_but_muted.html"],
    );
}

#[test]
fn what_a_webhook_is_sent() {
    let alerts =
        [(News::Fires, site_down()), (News::Cleared, cleared(disk_full("db2", 70.0), "is 70 percent"))];
    let payload = templates().payload(&notice(Why::Changed, &alerts));
    let payload = by_key(serde_json::from_str(&payload).unwrap());
    expect_file!["../../tests/messages/webhook.json"]
        .assert_eq(&(serde_json::to_string_pretty(&payload).unwrap() + "\n"));
}

/// With the fields of every object by name: whether they keep their order, another crate may decide by a
/// feature of `serde_json`.
fn by_key(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> =
                fields.into_iter().map(|(name, value)| (name, by_key(value))).collect();
            fields.into_iter().collect()
        }
        Value::Array(items) => items.into_iter().map(by_key).collect(),
        other => other,
    }
}

#[test]
fn as_many_alerts_are_listed_as_the_limit_allows_and_the_others_are_counted() {
    let alerts: Vec<_> =
        (0..1_000).map(|host| (News::Fires, disk_full(&format!("web{host:03}"), 93.0))).collect();
    let Message { subject, text, html } = templates().message(&notice(Why::First, &alerts));
    let named = "disk_full on web000 /, web001 /, web002 /, web003 /, web004 / and 995 more";
    assert_eq!(subject, format!("[warning] 1000 alerts: {named}"));
    for body in [text, html.unwrap()] {
        assert_eq!(body.matches("is 93 percent").count(), MAX_LISTED);
        assert!(body.contains("And 950 more, not listed here."), "{body}");
    }
}

#[test]
fn a_subject_is_one_short_line_whatever_the_alert_says() {
    let reason = format!("is bad\r\nBcc: everyone@example.org {}", "x".repeat(1_000));
    let alert = Alert { reason, ..site_down() };
    let Message { subject, .. } = templates().message(&notice(Why::First, &[(News::Fires, alert)]));
    assert!(
        subject.starts_with("[critical] site_down: shop is bad Bcc: everyone@example.org x"),
        "{subject}"
    );
    assert_eq!(subject.chars().count(), MAX_SUBJECT_CHARS);
    assert!(!subject.contains(char::is_control));
}

#[test]
fn a_subject_is_never_empty() {
    let sources = TemplateSources { subject: Some(source("subject.txt", " ")), ..TemplateSources::default() };
    let templates = Templates::new(&sources, &rules(RULES), None).unwrap();
    let message = templates.message(&notice(Why::First, &[(News::Fires, site_down())]));
    assert_eq!(message.subject, "site_down on shop");
}

#[test]
fn values_are_escaped_in_html_and_only_there() {
    let series = Series::new("a", "b", "", &[("host", "<img src=x onerror=\"alert('&')\">")]).unwrap();
    let alert = Alert { series: Arc::new(series), ..site_down() };
    let Message { text, html, .. } = templates().message(&notice(Why::First, &[(News::Fires, alert)]));
    assert!(text.contains("<img src=x"));
    let html = html.unwrap();
    assert!(!html.contains("<img") && html.contains("&lt;img src=x onerror=&quot;alert("), "{html}");
}

#[test]
fn what_is_too_long_is_cut_as_text_and_left_out_as_html() {
    let label = "ä".repeat(500);
    let long = |sources| {
        let templates = Templates::new(&sources, &rules(""), None).unwrap();
        let series = Series::new("a", "b", "", &[("host", &label)]).unwrap();
        let alert = Alert { series: Arc::new(series), ..site_down() };
        templates.message(&notice(Why::First, &[(News::Fires, alert)]))
    };
    let many = format!("x{}", "{{ alerts[0].labels.host }}".repeat(MAX_BODY_BYTES / 1_000 + 1));
    let Message { text, html, .. } = long(TemplateSources {
        text: Some(source("text.txt", &many)),
        html: Some(source("mail.html", &many)),
        subject: None,
    });
    assert!(text.len() <= MAX_BODY_BYTES && text.ends_with("(truncated: the text is too long)\n"));
    assert_eq!(html, None);
}

#[test]
fn a_summary_is_one_line_within_its_limit() {
    let text = format!("{RULES}[[rule]]\nname = \"long\"\nmatch = ['name=a']\nthreshold = {{ above = 1 }}\n");
    let text = format!("{text}summary = \"a\\n{{% for c in range(2000) %}}{{{{ c }}}} {{% endfor %}}\"\n");
    let templates = Templates::new(&TemplateSources::default(), &rules(&text), None).unwrap();
    let alert = Alert { rule: "long".into(), ..site_down() };
    let payload = templates.payload(&notice(Why::First, &[(News::Fires, alert)]));
    let payload: Value = serde_json::from_str(&payload).unwrap();
    let summary = payload["alerts"][0]["summary"].as_str().unwrap();
    assert!(summary.starts_with("a 0 1 2") && summary.chars().count() == MAX_SUMMARY_CHARS, "{summary}");
}

fn source(file: &str, text: &str) -> TemplateSource {
    TemplateSource { file: file.into(), text: text.into() }
}

fn refused(sources: &TemplateSources, rules_text: &str) -> String {
    let errors = Templates::new(sources, &rules(rules_text), None).unwrap_err();
    errors.iter().fold(String::new(), |mut all, error| {
        writeln!(all, "{error}").unwrap();
        all
    })
}

#[test]
fn a_configured_template_takes_the_place_of_the_default_one() {
    let sources = TemplateSources {
        subject: Some(source("subject.txt", "{{ alerts[0].labels.target }}\n{{ alerts[0].labels.none }}")),
        ..TemplateSources::default()
    };
    let templates = Templates::new(&sources, &rules(RULES), None).unwrap();
    let alerts = [(News::Fires, site_down())];
    let message = templates.message(&notice(Why::First, &alerts));
    assert_eq!(message.subject, "shop");
    assert!(message.text.starts_with("CRITICAL: site_down"));
}

#[test]
fn each_wrong_template_is_refused_with_its_file_its_line_and_what_is_wrong() {
    let sources = TemplateSources {
        subject: Some(source("subject.txt", "all well")),
        text: Some(source("text.txt", "one\n{{ alerts[0].colour }}")),
        html: Some(source(
            "mail.html",
            "{% for alert in alerts %}{% if alert.cleared_at %}\n\n{{ alert.cleared_at|tiem }}{% endif %}{% endfor %}",
        )),
    };
    assert_eq!(
        refused(&sources, &RULES.replace("labels.target", "lables.target")),
        "text.txt:2: undefined value: `alerts[0].colour` is undefined\n\
         mail.html:3: unknown filter: filter tiem is unknown\n\
         summary of rule site_down:1: undefined value: `lables` is undefined\n"
    );
}

#[test]
fn a_template_that_is_none_is_refused() {
    let sources = TemplateSources {
        text: Some(source("text.txt", "one\n{% for alert in %}")),
        ..TemplateSources::default()
    };
    assert_eq!(
        refused(&sources, &RULES.replace("}} see", "} see")),
        "text.txt:2: syntax error: unexpected end of block\n\
         summary of rule site_down:1: syntax error: unexpected `}`, expected end of variable block\n"
    );
}

#[test]
fn a_template_that_does_not_end_is_refused() {
    let text = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
    let sources = TemplateSources { text: Some(source("text.txt", text)), ..TemplateSources::default() };
    assert_eq!(refused(&sources, ""), "text.txt:1: engine ran out of fuel\n");
}

#[test]
fn a_template_that_fails_only_later_gives_way_to_the_default_one() {
    let text = "{{ alerts[0].about.nothing if alerts[0].about == 'shop' else 'x' }}";
    let sources = TemplateSources { text: Some(source("text.txt", text)), ..TemplateSources::default() };
    let templates = Templates::new(&sources, &rules(RULES), None).unwrap();
    let message = templates.message(&notice(Why::First, &[(News::Fires, site_down())]));
    assert!(message.text.starts_with("CRITICAL: site_down: shop is 0 percent"), "{}", message.text);
}

#[test]
fn a_summary_that_fails_only_later_says_so() {
    let summary = "{{ nothing if labels.target == 'shop' else 'x' }}";
    let text = RULES.replace("Customers of {{ labels.target }}", summary);
    let templates = Templates::new(&TemplateSources::default(), &rules(&text), None).unwrap();
    let message = templates.message(&notice(Why::First, &[(News::Fires, site_down())]));
    assert!(message.text.contains("(cannot render the summary: undefined value"), "{}", message.text);
}

#[test]
fn the_default_templates_render_every_example() {
    let (templates, alerts) = (templates(), example::alerts());
    for notice in example::notices(&alerts) {
        let Message { subject, text, html } = templates.message(&notice);
        assert!(!subject.is_empty() && !text.is_empty() && html.is_some(), "{notice:?}");
    }
}

#[test]
fn a_file_is_read_up_to_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("text.txt");
    let limit = super::source::MAX_TEMPLATE_BYTES;
    std::fs::write(&path, "x".repeat(limit)).unwrap();
    assert_eq!(TemplateSource::read(&path).unwrap().text.len(), limit);
    std::fs::write(&path, "x".repeat(limit + 1)).unwrap();
    let error = TemplateSource::read(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: has more than 262144 bytes", path.display()));
    let TemplateError { reason, .. } = TemplateSource::read(&directory.path().join("none")).unwrap_err();
    assert!(reason.starts_with("cannot be read: "), "{reason}");
}
