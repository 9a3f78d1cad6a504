//! Who is told.

use watchkeeper_domain::{Channel, MailAddress};

/// One who is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Recipient {
    /// By mail.
    Mail(MailAddress),
    /// By the webhook of the receiver of this name.
    Webhook(String),
}

impl Recipient {
    /// The one that [`Self::name`] gave for `channel`; `None` if that is no mail address.
    pub(super) fn named(channel: Channel, name: String) -> Option<Self> {
        Some(match channel {
            Channel::Mail => Self::Mail(name.parse().ok()?),
            Channel::Webhook => Self::Webhook(name),
        })
    }

    /// The way by which.
    pub(crate) fn channel(&self) -> Channel {
        match self {
            Self::Mail(_) => Channel::Mail,
            Self::Webhook(_) => Channel::Webhook,
        }
    }

    /// The mail address, or the name of the receiver.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Mail(address) => address.as_str(),
            Self::Webhook(receiver) => receiver,
        }
    }
}

/// A named set of recipients, to which rules refer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receiver {
    /// The name in the configuration.
    pub(crate) name: String,
    /// Who is told.
    pub(crate) recipients: Vec<Recipient>,
}
