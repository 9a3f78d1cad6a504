//! The section `[notifier]` and the rules beside it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::MaildirMailer;
use watchkeeper_config::{ConfigErrors, Document};
use watchkeeper_domain::Timestamp;
use watchkeeper_notifier::{MAX_MAIL_ADDRESSES, MAX_RECEIVERS, NotifierConfig};
use watchkeeper_port_contract::mailer::addresses;
use watchkeeper_ports::{Mail, Mailer as _};
use watchkeeper_rules::{DEFAULT_RULES, Routing, RuleSet};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn read(text: &str) -> Result<(NotifierConfig, Arc<RuleSet>), ConfigErrors> {
    Document::parse("/nowhere/watchkeeper.toml", text)?.read(|root| NotifierConfig::read(root, false))
}

fn errors(text: &str) -> Vec<String> {
    let errors = read(text).unwrap_err();
    errors.first().iter().map(ToString::to_string).collect()
}

fn names(rules: &RuleSet) -> Vec<&str> {
    rules.rules().iter().map(|rule| &*rule.name).collect()
}

fn receivers(count: usize) -> String {
    let receivers =
        (0..count).map(|number| format!("[[notifier.receiver]]\nname = \"r{number}\"\nmail = []\n"));
    receivers.collect::<Vec<_>>().concat()
}

fn mail(count: usize) -> String {
    let addresses: Vec<_> = (0..count).map(|number| format!("\"u{number}@example.org\"")).collect();
    format!("[[notifier.receiver]]\nname = \"ops\"\nmail = [{}]\n", addresses.join(","))
}

#[test]
fn what_is_not_given_has_a_default() {
    let (config, rules) = read("").unwrap();
    assert_eq!(
        (config.routing, config.give_up_after, config.retention),
        (Routing::default(), 3 * DAY, 30 * DAY)
    );
    assert_eq!((config.alertmanager, config.page_url), (None, None));
    assert_eq!(names(&rules), DEFAULT_RULES);
    for rule in rules.rules() {
        let receivers = rule.routing.receivers.as_deref();
        assert_eq!(
            (rule.is_default, receivers),
            (true, Some(&[][..])),
            "it is shown, and nobody is notified"
        );
    }
    assert!(config.mail_from.as_str().starts_with("watchkeeper@"), "{}", config.mail_from);
    let receivers =
        config.receivers.iter().map(|receiver| (receiver.name.as_str(), receiver.mail[0].as_str()));
    assert_eq!(receivers.collect::<Vec<_>>(), [("default", "watchkeeper@localhost")]);
}

#[test]
fn default_rules_are_selected_by_name_replaced_by_name_and_notify_all_receivers() {
    let (_, rules) = read(&receivers(1)).unwrap();
    assert!(rules.rules().iter().all(|rule| rule.is_default && rule.routing.receivers.is_none()));
    let rules_with = |value: &str| read(&format!("[notifier]\ndefault_rules = {value}")).unwrap().1;
    assert_eq!(names(&rules_with("true")), DEFAULT_RULES);
    assert_eq!(names(&rules_with("false")), [""; 0]);
    assert_eq!(names(&rules_with(r#"["load_high", "disk_full"]"#)), ["disk_full", "load_high"]);
    let own = "[[rule]]\nname = \"disk_full\"\nmatch = ['source=\"host\"']\nthreshold.above = 99\n";
    let (_, rules) = read(own).unwrap();
    assert_eq!(rules.rules().len(), DEFAULT_RULES.len());
    assert!(!rules.rule("disk_full").unwrap().is_default);
    assert_eq!(
        errors("[notifier]\ndefault_rules = \"no\""),
        ["notifier.default_rules: must be true, false or a list of names"]
    );
    let misspelt = errors("[notifier]\ndefault_rules = [\"disk_ful\"]");
    assert!(misspelt[0].contains("did you mean `disk_full`?"), "{misspelt:?}");
}

#[test]
fn every_key_is_read() {
    let (config, rules) = read(
        r#"
        [notifier]
        group_wait = "1m"
        give_up_after = "1h"
        retention = "7d"
        page_url = "https://watch.example.org"
        mail.from = "Watchkeeper <watchkeeper@example.org>"
        alertmanager.url = "http://127.0.0.1:9093"
        [[notifier.receiver]]
        name = "ops"
        mail = ["ops@example.org", "Boss <boss@example.org>"]
        [[notifier.receiver]]
        name = "nobody"
        mail = []
        [[rule]]
        name = "high"
        match = ['name="value"']
        receivers = ["ops"]
        threshold.above = 10
        "#,
    )
    .unwrap();
    assert_eq!((config.give_up_after, config.retention), (DAY / 24, 7 * DAY));
    assert_eq!(config.mail_from.as_str(), "Watchkeeper <watchkeeper@example.org>");
    assert_eq!(config.alertmanager.unwrap().0.expose(), "http://127.0.0.1:9093");
    assert_eq!(config.page_url.unwrap().expose(), "https://watch.example.org");
    let mail: Vec<_> = config.receivers.iter().map(|receiver| receiver.mail.len()).collect();
    assert_eq!(mail, [2, 0]);
    let rule = rules.rule("high").unwrap();
    assert_eq!(rule.routing.wait, Duration::from_secs(60), "the default of [notifier]");
    assert_eq!(rule.routing.receivers, Some(vec!["ops".to_owned()]));
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    assert_eq!(
        errors("[notifier]\ngive_up_after = \"59s\"\nretention = \"1h\""),
        [
            "notifier.give_up_after: must be from 1m to 30d, is 59s",
            "notifier.retention: must be from 1d to 3660d, is 1h",
        ]
    );
    assert_eq!(
        errors("[notifier.mail]\nfrom = \"nobody\""),
        ["notifier.mail.from: must be a mail address such as ops@example.org or Ops <ops@example.org>: \
             \"nobody\" has no @ (is \"nobody\")"]
    );
    assert_eq!(
        errors("[[notifier.receiver]]\nname = \"a\"\n[[notifier.receiver]]\nname = \"a b\"\nmail = []"),
        [
            "notifier.receiver[0].mail: or one of webhook, slack, discord, telegram, ntfy, gotify, matrix, pagerduty must \
             be given (mail = [] to notify nobody)",
            "notifier.receiver[1].name: may have only letters, digits and any of _.:- but has ' '",
        ]
    );
    let twice = "[[notifier.receiver]]\nname = \"a\"\nmail = []\n";
    assert_eq!(errors(&twice.repeat(2)), ["notifier.receiver[1].name: is the name of an earlier receiver"]);
}

/// One in so many addresses is tried, as reading a configuration takes long; a prime, so that each of their parts is.
const EVERY: usize = 29;

#[tokio::test]
async fn an_address_that_is_accepted_is_one_that_mail_goes_to_and_comes_from() {
    let directory = TempDir::new().unwrap();
    let mailer = MaildirMailer::open(directory.path()).unwrap();
    let mut accepted = 0;
    for text in addresses().step_by(EVERY).filter(|text| !text.contains(char::is_control)) {
        let text = text.replace('\'', "");
        let text = format!(
            "notifier.mail.from = '{text}'\n[[notifier.receiver]]\nname = \"ops\"\nmail = ['{text}']"
        );
        let Ok((config, _)) = read(&text) else { continue };
        let mail = Mail {
            id: format!("a{accepted}"),
            follows: None,
            from: config.mail_from,
            to: config.receivers[0].mail[0].clone(),
            subject: String::new(),
            text: String::new(),
            attachment: None,
            html: None,
            date: Timestamp::MIN,
        };
        mailer.send(&mail).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        accepted += 1;
    }
    assert!(accepted > 10, "{accepted}");
}

#[test]
fn lists_are_bounded() {
    assert_eq!(read(&receivers(MAX_RECEIVERS)).unwrap().0.receivers.len(), MAX_RECEIVERS);
    assert_eq!(errors(&receivers(MAX_RECEIVERS + 1)), ["notifier.receiver: has 101 items, the limit is 100"]);
    assert_eq!(read(&mail(MAX_MAIL_ADDRESSES)).unwrap().0.receivers[0].mail.len(), MAX_MAIL_ADDRESSES);
    assert_eq!(
        errors(&mail(MAX_MAIL_ADDRESSES + 1)),
        ["notifier.receiver[0].mail: has 101 items, the limit is 100"]
    );
}

#[test]
fn the_address_of_a_webhook_is_not_shown() {
    let text = "[[notifier.receiver]]\nname = \"chat\"\nwebhook = { url = \"hooks.test/s3cret\" }\n";
    let shown = read(text).unwrap_err().to_string();
    let expected = "notifier.receiver[0].webhook.url: must be an http:// or https:// URL of at most";
    assert!(shown.contains(expected) && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn templates_are_read_beside_the_file_and_tried() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("good.txt"), "{{ group }}").unwrap();
    fs::write(directory.path().join("bad.txt"), "one\n{{ nothing.of_that }}").unwrap();
    let file = directory.path().join("watchkeeper.toml");
    let read = |subject: &str| {
        let text = format!("[notifier.templates]\nsubject = {subject:?}\n");
        let read = Document::parse(&file, &text).unwrap().read(|root| NotifierConfig::read(root, false));
        read.map(drop).map_err(|errors| errors.first()[0].to_string())
    };
    let bad = read("bad.txt").unwrap_err();
    assert!(bad.starts_with("notifier: ") && bad.contains("bad.txt:2: "), "{bad}");
    let absent = read("absent.txt").unwrap_err();
    assert!(
        absent.starts_with("notifier.templates.subject: ") && absent.contains("cannot be read"),
        "{absent}"
    );
    assert_eq!(read("good.txt"), Ok(()));
}

#[test]
fn the_summary_of_a_rule_is_tried() {
    let text =
        "[[rule]]\nname = \"high\"\nmatch = ['name=\"x\"']\nsummary = \"{{ oops\"\nthreshold.above = 1\n";
    let errors = errors(text);
    assert!(errors[0].starts_with("rule: summary of rule high"), "{errors:?}");
}

/// Reads a configuration beside which lie the files `url`, `token` and `template`.
fn read_with_files(text: &str, url: &str, token: &str, template: &str) -> Result<(), ConfigErrors> {
    let directory = TempDir::new().unwrap();
    for (name, content) in [("url", url), ("token", token), ("template", template)] {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    let document = Document::parse(directory.path().join("watchkeeper.toml"), text).unwrap();
    document.read(|root| NotifierConfig::read(root, false)).map(drop)
}

#[test]
fn what_a_service_needs_is_asked_for_by_name_and_no_secret_is_shown() {
    let wrong = |service: &str| {
        let text = format!("[[notifier.receiver]]\nname = 'a'\n{service}\n");
        let errors = read_with_files(&text, "s3cret without a scheme", "s3cret token\u{1}", "").unwrap_err();
        assert!(!errors.to_string().contains("s3cret"), "{errors}");
        errors
            .first()
            .iter()
            .map(|error| error.to_string().replace("notifier.receiver[0].", ""))
            .collect::<Vec<_>>()
    };
    for service in ["slack", "discord"] {
        let url = wrong(&format!("{service}.url_file = 'url'"));
        assert!(
            url[0].starts_with(&format!("{service}.url_file: names a file whose content must be an http://")),
            "{url:?}"
        );
        assert_eq!(wrong(&format!("{service} = {{}}")), [format!("{service}.url_file: is missing")]);
    }
    assert_eq!(wrong("telegram = {}"), ["telegram.token_file: is missing", "telegram.chat: is missing"]);
    let telegram = wrong("telegram = { token_file = 'token', chat = 'ops' }");
    assert!(
        telegram[0].starts_with(
            "telegram.token_file: names a file that does not hold a bot token such as 123456:ABC-DEF"
        ),
        "{telegram:?}"
    );
    assert!(telegram[1].starts_with("telegram.chat: must be the id of a chat"), "{telegram:?}");
    assert_eq!(wrong("ntfy = {}"), ["ntfy.topic: is missing"]);
    let ntfy = wrong("ntfy.topic = 'a/b'");
    assert!(ntfy[0].starts_with("ntfy.topic: may have only letters, digits and any of _-"), "{ntfy:?}");
    assert_eq!(wrong("gotify = {}"), ["gotify.url: is missing", "gotify.token_file: is missing"]);
    let matrix = wrong("matrix = { url = 'https://m.test', token_file = 'token', room = '#ops:m.test' }");
    assert!(matrix[0].starts_with("matrix.room: must be the id of a room"), "{matrix:?}");
    assert_eq!(wrong("pagerduty = {}"), ["pagerduty.key_file: is missing"]);
    assert_eq!(wrong("webhook = {}"), ["webhook.url: is missing"]);
    let inline = [
        ("slack", "url"),
        ("discord", "url"),
        ("telegram", "token"),
        ("gotify", "token"),
        ("matrix", "token"),
    ];
    for (service, key) in inline.into_iter().chain([("pagerduty", "key")]) {
        let shown = wrong(&format!("{service} = {{ {key} = 's3cret' }}"));
        let expected =
            format!("{service}.{key}: is a secret: write it to a file, and name that in {key}_file");
        assert!(shown.contains(&expected), "{shown:?}");
    }
}

#[test]
fn the_template_of_a_webhook_is_tried_and_must_give_json_unless_another_type_is_named() {
    let read = |options: &str, template: &str| {
        let text = format!(
            "[[notifier.receiver]]\nname = 'a'\n[notifier.receiver.webhook]\nurl = 'http://h.test'\n{options}"
        );
        let read = read_with_files(&text, "", "", template);
        read.map_err(|errors| errors.first()[0].to_string())
    };
    let with = "template = 'template'\n";
    assert_eq!(
        read(with, "{\"text\": {{ (subject ~ '\n' ~ text)|tojson }}, \"id\": {{ id|tojson }} }"),
        Ok(())
    );
    let unquoted = read(with, "{\"text\": \"{{ text }}\"}").unwrap_err();
    assert!(
        unquoted.contains("template: does not give JSON for an example") && unquoted.contains("tojson"),
        "{unquoted}"
    );
    let unknown = read(with, "\n{{ oops }}").unwrap_err();
    assert!(unknown.contains("template:2: undefined value"), "{unknown}");
    assert_eq!(read(&format!("{with}content_type = 'text/plain; charset=utf-8'\n"), "{{ text }}"), Ok(()));
    let alone = read("content_type = 'text/plain'\n", "").unwrap_err();
    assert!(alone.contains("webhook.content_type: needs a template"), "{alone}");
}
