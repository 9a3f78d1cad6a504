//! The sections `[[notifier.receiver]]`.

use super::local_address;
use crate::plan::{Receiver, Recipient};
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_domain::MailAddress;

/// Most receivers.
pub const MAX_RECEIVERS: usize = 100;
/// Most mail addresses of one receiver.
pub const MAX_MAIL_ADDRESSES: usize = 100;
/// Longest name of a receiver, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// The receiver used if none is configured.
const DEFAULT: &str = "default";

/// A named set of recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverConfig {
    /// Its name in rules and of its webhook: letters, digits and any of `_.:-`.
    pub name: String,
    /// The mail recipients; empty, with no webhook either, for alerts that are only shown.
    pub mail: Vec<MailAddress>,
    /// The webhook, if any.
    pub webhook: Option<Webhook>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its URL, which is often a secret itself.
    pub url: HttpUrl,
    /// The key that signs requests.
    pub secret: Secret,
}

/// Reads all receivers; if the file has none, there is a default one.
pub(super) fn read_all(section: &mut Section<'_>) -> Vec<ReceiverConfig> {
    let mut names = Vec::new();
    let receivers = section.sections("receiver", MAX_RECEIVERS, |section| {
        let receiver = ReceiverConfig::read(section);
        if names.contains(&receiver.name) {
            section.refuse("name", "is the name of an earlier receiver");
        }
        names.push(receiver.name.clone());
        receiver
    });
    if receivers.is_empty() {
        let mail = vec![local_address()];
        return vec![ReceiverConfig { name: DEFAULT.to_owned(), mail, webhook: None }];
    }
    receivers
}

impl ReceiverConfig {
    fn read(section: &mut Section<'_>) -> Self {
        let name = section.required_text("name", MAX_NAME_BYTES);
        if let Some(found) = name.chars().find(|&c| !c.is_alphanumeric() && !"_.:-".contains(c)) {
            section
                .refuse("name", format!("may have only letters, digits and any of _.:- but has {found:?}"));
        }
        let mail = section.parsed_set("mail", MAX_MAIL_ADDRESSES);
        let webhook = section.has("webhook").then(|| section.section("webhook", Webhook::read)).flatten();
        if !section.has("mail") && !section.has("webhook") {
            section.refuse("mail", "or a webhook must be given (mail = [] to notify nobody)");
        }
        Self { name, mail, webhook }
    }

    pub(super) fn planned(&self) -> Receiver {
        let mail = self.mail.iter().cloned().map(Recipient::Mail);
        let webhook = self.webhook.iter().map(|_| Recipient::Webhook(self.name.clone()));
        Receiver { name: self.name.clone(), recipients: mail.chain(webhook).collect() }
    }
}

impl Webhook {
    /// `None` is recorded as an error.
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = section.required_hidden("url");
        let secret = section.required_secret_file("secret_file");
        Some(Self { url: url?, secret })
    }
}
