//! The sections `[[notifier.receiver]]`.

use super::local_address;
use crate::channels::{Read, SERVICES, Service};
use crate::plan::{Receiver, Recipient};
use watchkeeper_config::Section;
use watchkeeper_domain::MailAddress;
use watchkeeper_http_client::Access;

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
    /// Its name in rules: letters, digits and any of `_.:-`.
    pub name: String,
    /// The mail recipients; empty, with no service either, for alerts that are only shown.
    pub mail: Vec<MailAddress>,
    /// The other services, at most one of each channel.
    pub(crate) services: Vec<ServiceConfig>,
}

/// A service, and what its server needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceConfig {
    pub(crate) service: Service,
    /// Without an authentication: each service has its own.
    pub(crate) access: Access,
}

impl ServiceConfig {
    fn read(section: &mut Section<'_>, read: Read) -> Option<Self> {
        let access = Access::read_open(section);
        Some(Self { service: read(section)?, access })
    }
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
        return vec![ReceiverConfig { name: DEFAULT.to_owned(), mail, services: Vec::new() }];
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
        let mut has_service = false;
        let mut services = Vec::new();
        for (key, read) in SERVICES {
            if section.has(key) {
                has_service = true;
                services.extend(section.section(key, |section| ServiceConfig::read(section, read)));
            }
        }
        if !section.has("mail") && !has_service {
            let keys = SERVICES.map(|(key, _)| key).join(", ");
            section.refuse("mail", format!("or one of {keys} must be given (mail = [] to notify nobody)"));
        }
        Self { name, mail, services }
    }

    pub(super) fn planned(&self) -> Receiver {
        let mail = self.mail.iter().cloned().map(Recipient::Mail);
        let services = self.services.iter();
        let services = services.map(|one| Recipient::Service(one.service.channel(), self.name.clone()));
        Receiver { name: self.name.clone(), recipients: mail.chain(services).collect() }
    }
}
