//! Alerting providers of Gatus, and the alerts of endpoints.

use super::{Alerting, has_variable, list, text};
use crate::model::{Import, MailServer, Receiver, Secrets, Site};
use crate::value::Toml;
use serde_json::Value;
use std::collections::BTreeMap;

/// The defaults of Gatus.
const FAILURES: u64 = 3;
const SUCCESSES: u64 = 2;

/// A type of alert.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// Whether there is a receiver for it.
    is_taken: bool,
    failures: u64,
    successes: u64,
}

/// Reads the providers; each becomes a receiver of the name of its type.
pub(super) fn read(alerting: &Value, import: &mut Import) -> Alerting {
    let mut providers = BTreeMap::new();
    for (kind, options) in alerting.as_object().into_iter().flatten() {
        let receiver = receiver(kind, options, import);
        let is_taken = receiver.is_some();
        import.receivers.extend(receiver);
        let default = &options["default-alert"];
        let threshold = |key: &str, default_value| default[key].as_u64().unwrap_or(default_value);
        let (failures, successes) =
            (threshold("failure-threshold", FAILURES), threshold("success-threshold", SUCCESSES));
        providers.insert(kind.clone(), Provider { is_taken, failures, successes });
    }
    providers
}

fn receiver(kind: &str, options: &Value, import: &mut Import) -> Option<Receiver> {
    let channel = match channel(kind, options, import) {
        Ok(channel) => channel,
        Err(reason) => {
            import.notes.push(format!("the alerting provider {kind} was left out: {reason}"));
            return None;
        }
    };
    let mut notes = Vec::new();
    if !list(options, "overrides").is_empty() {
        notes.push(format!(
            "the overrides of {kind} by group were left out: add a receiver and a rule for each"
        ));
    }
    if options["default-alert"]["send-on-resolved"] == Value::Bool(false) {
        notes
            .push("send-on-resolved = false was left out: set send_recovery = false in the rules".to_owned());
    }
    Some(Receiver { name: kind.to_owned(), channel, notes })
}

fn channel(kind: &str, options: &Value, import: &mut Import) -> Result<(&'static str, Toml), String> {
    let given = |key: &str| text(options, key).ok_or_else(|| format!("has no {key}"));
    let plain = |key: &str| {
        let value = given(key)?;
        if has_variable(value) { Err(format!("{key} has a variable of the environment")) } else { Ok(value) }
    };
    let optional = |key: &str| text(options, key).filter(|value| !has_variable(value));
    let secrets = &mut import.secrets;
    let file = |secrets: &mut Secrets, what: &str, about: &str| {
        Toml::text(&secrets.file(kind, what, &format!("{about} of the receiver {kind}")))
    };
    Ok(match kind {
        "slack" | "mattermost" | "rocketchat" => {
            given("webhook-url")?;
            ("slack", Toml::table([("url_file", file(secrets, "url", "the webhook URL"))]))
        }
        "discord" => {
            given("webhook-url")?;
            ("discord", Toml::table([("url_file", file(secrets, "url", "the webhook URL"))]))
        }
        "telegram" => {
            given("token")?;
            let chat = options["id"]
                .as_i64()
                .map_or_else(|| plain("id").map(str::to_owned), |id| Ok(id.to_string()))?;
            let token = file(secrets, "token", "the bot token");
            ("telegram", Toml::table([("token_file", token), ("chat", Toml::text(&chat))]))
        }
        "ntfy" => {
            let mut entries = vec![("topic", Toml::text(plain("topic")?))];
            entries.extend(optional("url").map(|url| ("url", Toml::text(url))));
            if given("token").is_ok() {
                entries.push(("token_file", file(secrets, "token", "the access token")));
            }
            ("ntfy", Toml::table(entries))
        }
        "gotify" => {
            let url = Toml::text(plain("server-url")?);
            (
                "gotify",
                Toml::table([
                    ("url", url),
                    ("token_file", file(secrets, "token", "the token of the application")),
                ]),
            )
        }
        "matrix" => {
            let room = Toml::text(plain("internal-room-id")?);
            let url = Toml::text(optional("server-url").unwrap_or("https://matrix-client.matrix.org"));
            let token = file(secrets, "token", "the access token");
            ("matrix", Toml::table([("url", url), ("token_file", token), ("room", room)]))
        }
        "pagerduty" => {
            ("pagerduty", Toml::table([("key_file", file(secrets, "key", "the integration key"))]))
        }
        "email" => {
            let to: Vec<&str> = plain("to")?.split(',').map(str::trim).filter(|to| !to.is_empty()).collect();
            import.mail_server = Some(mail_server(options, plain("host")?, secrets));
            ("mail", Toml::list(to))
        }
        _ => return Err("there is no such channel; a webhook with a template may do".to_owned()),
    })
}

fn mail_server(options: &Value, host: &str, secrets: &mut Secrets) -> MailServer {
    let port = options["port"].as_u64().unwrap_or(587);
    let scheme = match port {
        465 => "smtps",
        25 => "smtp+plain",
        _ => "smtp",
    };
    let username = text(options, "username").or(text(options, "from")).filter(|user| !has_variable(user));
    let has_login = text(options, "password").is_some() && scheme != "smtp+plain";
    let username = username.filter(|_| has_login).map(str::to_owned);
    let password_file =
        username.as_ref().map(|_| secrets.file("mail", "password", "the password for the mail server"));
    let from = text(options, "from").filter(|from| !has_variable(from)).map(str::to_owned);
    MailServer { url: format!("{scheme}://{host}:{port}"), username, password_file, from }
}

/// Adds receivers and thresholds of an endpoint's alerts. An endpoint has one threshold: the lowest of its alerts.
pub(super) fn of_endpoint(endpoint: &Value, alerting: &Alerting, site: &mut Site) {
    let mut thresholds: Vec<(u64, u64)> = Vec::new();
    for alert in list(endpoint, "alerts") {
        let kind = text(alert, "type").unwrap_or("without a type");
        if alert["enabled"] == Value::Bool(false) {
            continue;
        }
        let Some(provider) = alerting.get(kind).filter(|provider| provider.is_taken) else {
            site.note(format!("its alert by {kind} was left out: there is no receiver for it"));
            continue;
        };
        let threshold = |key: &str, default| alert[key].as_u64().unwrap_or(default);
        let failures = threshold("failure-threshold", provider.failures);
        thresholds.push((failures, threshold("success-threshold", provider.successes)));
        site.receivers.insert(kind.to_owned());
        if text(alert, "description").is_some() {
            site.note("the description of its alert was left out: write it in the summary of a rule");
        }
    }
    if thresholds.iter().any(|other| *other != thresholds[0]) {
        site.note("its alerts have several thresholds: the lowest of them is used for all");
    }
    if let Some((failures, successes)) = thresholds.into_iter().min() {
        site.set_threshold("failures", failures);
        site.set_threshold("successes", successes);
    }
}
