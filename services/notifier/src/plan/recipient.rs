//! Recipients of notifications.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use watchkeeper_domain::{Channel, MailAddress};

/// A recipient. Addresses of the same mailbox are the same recipient, whatever name they have.
#[derive(Clone, Debug)]
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

    fn identity(&self) -> (&'static str, Cow<'_, str>) {
        let id = match self {
            Self::Mail(address) => address.mailbox().into(),
            Self::Service(_, receiver) => receiver.into(),
        };
        (self.channel().name(), id)
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Recipient {}

impl Hash for Recipient {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

/// A named set of recipients that rules refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receiver {
    /// The name in the configuration.
    pub(crate) name: String,
    pub(crate) recipients: Vec<Recipient>,
}
