//! Outgoing mail.

use crate::PortError;
use async_trait::async_trait;
use watchkeeper_domain::{MailAddress, Timestamp};

/// Hands mail to a transport.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands over one mail. Once this returns `Ok`, the other side is responsible for it. A mail that is sent
    /// again with the same id has the same `Message-ID`, by which its recipient can detect the duplicate; a
    /// mailer that can detect it does not hand the mail over twice.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when this mail will never be accepted, for instance because its recipient does
    /// not exist: with what the other side said about the recipient or the content.
    /// [`PortError::Unavailable`] for everything that time or an operator may fix, credentials included.
    async fn send(&self, mail: &Mail) -> Result<(), PortError>;

    /// Health check: returns `Ok` if mail could be handed over now.
    async fn check(&self) -> Result<(), PortError>;
}

/// One mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The local part of its `Message-ID`: 1 to 128 ASCII letters, digits, `-` and `.`, as dot-separated
    /// words.
    pub id: String,
    /// The local part of the `Message-ID` of the mail that it follows, so that mail programs show both as one
    /// thread.
    pub follows: Option<String>,
    /// The sender.
    pub from: MailAddress,
    /// The recipient.
    pub to: MailAddress,
    /// One line.
    pub subject: String,
    /// The text for programs that show no HTML.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// A file beside the text.
    pub attachment: Option<Attachment>,
    /// When it was written.
    pub date: Timestamp,
}

/// A file of text that a mail brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it is, as a media type: `text/csv; charset=utf-8`.
    pub media_type: String,
    /// The content, which arrives exactly.
    pub text: String,
}
