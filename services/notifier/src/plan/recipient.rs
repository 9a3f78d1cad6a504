//! Who is told.

use watchkeeper_domain::Channel;

/// One who is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Recipient {
    /// The way by which.
    pub(crate) channel: Channel,
    /// The mail address, or the name of the webhook.
    pub(crate) name: String,
}

/// A named set of recipients, to which rules refer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receiver {
    /// The name in the configuration.
    pub(crate) name: String,
    /// Who is told.
    pub(crate) recipients: Vec<Recipient>,
}
