//! Notifications of Uptime Kuma.

use super::{id, text};
use crate::model::{Import, MailServer, Receiver, Secrets};
use crate::names::{self, Names};
use crate::text::missing;
use crate::value::Toml;
use serde_json::Value;
use std::collections::BTreeMap;

/// The names of the receivers by the id of the notification.
pub(super) type Receivers = BTreeMap<String, String>;

/// Reads the notifications; each becomes a receiver.
pub(super) fn read(rows: &[Value], import: &mut Import) -> Receivers {
    let mut names = Names::default();
    let mut receivers = Receivers::new();
    for row in rows {
        let config: Value = row["config"]
            .as_str()
            .and_then(|config| serde_json::from_str(config).ok())
            .unwrap_or_else(|| row["config"].clone());
        let title = text(row, "name").or(text(&config, "name")).unwrap_or("without a name").to_owned();
        let name = names::word(&title);
        match channel(&name, &config, import) {
            Ok(channel) => {
                let name = names.unique(&name);
                receivers.extend(id(row).map(|id| (id.to_string(), name.clone())));
                import.receivers.push(Receiver { name, channel, notes: Vec::new() });
            }
            Err(reason) => import.notes.push(format!("the notification {title} was left out: {reason}")),
        }
    }
    receivers
}

fn channel(name: &str, config: &Value, import: &mut Import) -> Result<(&'static str, Toml), String> {
    let given = |key: &str| text(config, key).ok_or_else(|| format!("has no {key}"));
    let secrets = &mut import.secrets;
    let file = |secrets: &mut Secrets, what: &str, about: &str| {
        Toml::text(&secrets.file(name, what, &format!("{about} of the receiver {name}")))
    };
    let webhook =
        |secrets: &mut Secrets| Toml::table([("url_file", file(secrets, "url", "the webhook URL"))]);
    Ok(match text(config, "type").unwrap_or("without a type") {
        "slack" | "mattermost" | "rocket.chat" => ("slack", webhook(secrets)),
        "discord" => ("discord", webhook(secrets)),
        "telegram" => {
            let chat = Toml::text(given("telegramChatID")?);
            let mut entries = vec![("token_file", file(secrets, "token", "the bot token")), ("chat", chat)];
            let thread =
                text(config, "telegramMessageThreadID").filter(|thread| thread.parse::<u32>().is_ok());
            entries.extend(thread.map(|thread| ("thread", Toml::number(thread))));
            ("telegram", Toml::table(entries))
        }
        "ntfy" => {
            let topic = Toml::text(given("ntfytopic")?);
            let mut entries = vec![("topic", topic)];
            entries.extend(text(config, "ntfyserverurl").map(|url| ("url", Toml::text(url))));
            match text(config, "ntfyAuthenticationMethod") {
                Some("accessToken") => {
                    entries.push(("token_file", file(secrets, "token", "the access token")));
                }
                Some("usernamePassword") => {
                    return Err(
                        "it logs in with a password: make an access token, which can be used".to_owned()
                    );
                }
                _ => {}
            }
            ("ntfy", Toml::table(entries))
        }
        "gotify" => {
            let url = Toml::text(given("gotifyserverurl")?.trim_end_matches('/'));
            let token = file(secrets, "token", "the token of the application");
            ("gotify", Toml::table([("url", url), ("token_file", token)]))
        }
        "matrix" => {
            let (url, room) = (Toml::text(given("homeserverUrl")?), Toml::text(given("internalRoomId")?));
            let token = file(secrets, "token", "the access token");
            ("matrix", Toml::table([("url", url), ("token_file", token), ("room", room)]))
        }
        "PagerDuty" => {
            let mut entries = vec![("key_file", file(secrets, "key", "the integration key"))];
            let is_eu =
                text(config, "pagerdutyIntegrationUrl").is_some_and(|url| url.contains("eu.pagerduty.com"));
            entries.extend(is_eu.then(|| ("url", Toml::text("https://events.eu.pagerduty.com"))));
            ("pagerduty", Toml::table(entries))
        }
        "smtp" => {
            let to: Vec<&str> =
                given("smtpTo")?.split(',').map(str::trim).filter(|to| !to.is_empty()).collect();
            let server = mail_server(config, given("smtpHost")?, secrets);
            if import.mail_server.as_ref().is_some_and(|other| other.url != server.url) {
                return Err(format!("there is one mail server, and another is used already: {}", server.url));
            }
            import.mail_server.get_or_insert(server);
            ("mail", Toml::list(to))
        }
        "webhook" => {
            let reason =
                "its URL may be a secret, and its body is another one: add a receiver with `webhook` by hand";
            return Err(reason.to_owned());
        }
        other => return Err(missing(other)),
    })
}

fn mail_server(config: &Value, host: &str, secrets: &mut Secrets) -> MailServer {
    let port = super::number(config, "smtpPort").unwrap_or(587);
    let scheme = match (super::is_on(config, "smtpSecure"), port) {
        (true, _) | (_, 465) => "smtps",
        (false, 25) => "smtp+plain",
        _ => "smtp",
    };
    let username = text(config, "smtpUsername").filter(|_| scheme != "smtp+plain").map(str::to_owned);
    let password_file =
        username.as_ref().map(|_| secrets.file("mail", "password", "the password for the mail server"));
    let from = text(config, "smtpFrom").map(str::to_owned);
    MailServer { url: format!("{scheme}://{host}:{port}"), username, password_file, from }
}
