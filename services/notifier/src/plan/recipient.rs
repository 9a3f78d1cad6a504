//! Recipients of notifications.

use watchkeeper_domain::{Channel, MailAddress};

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Recipient {
    /// By mail.
    Mail(MailAddress),
    /// By this channel of the receiver with this name.
    Service(Channel, String),
}

impl Recipient {
    /// Parses [`Self::name`] for `channel`; `None` if it is not a valid mail address.
    pub(super) fn named(channel: Channel, name: String) -> Option<Self> {
        Some(match channel {
            Channel::Mail => Self::Mail(name.parse().ok()?),
            service => Self::Service(service, name),
        })
    }

    /// Its channel.
    pub(crate) fn channel(&self) -> Channel {
        match self {
            Self::Mail(_) => Channel::Mail,
            Self::Service(channel, _) => *channel,
        }
    }

    /// The mail address, or the name of the receiver.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Mail(address) => address.as_str(),
            Self::Service(_, receiver) => receiver,
        }
    }
}

/// A named set of recipients that rules refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receiver {
    /// The name in the configuration.
    pub(crate) name: String,
    pub(crate) recipients: Vec<Recipient>,
}
