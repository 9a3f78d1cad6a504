//! Mail on its way out.

use crate::PortError;
use async_trait::async_trait;
use watchkeeper_domain::{MailAddress, Timestamp};

/// Hands mail to what carries it on.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands over one mail. When it returns `Ok`, the other side has taken the responsibility for it. A mail
    /// of the same id that is sent again has the same `Message-ID`, by which who receives it can tell; a
    /// mailer that can look does not hand it over twice.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when this mail will never be taken, such as one to a recipient that does not
    /// exist: what the other side said about the recipient or the content. [`PortError::Unavailable`] for
    /// everything that time or an operator may mend, credentials included.
    async fn send(&self, mail: &Mail) -> Result<(), PortError>;

    /// Answers if mail could be handed over now.
    async fn check(&self) -> Result<(), PortError>;
}

/// One mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The left side of its `Message-ID`: 1 to 128 ASCII letters, digits, `-` and `.`, as words that dots
    /// separate.
    pub id: String,
    /// The left side of the `Message-ID` of the mail that it follows, so that mail programs show both
    /// together.
    pub follows: Option<String>,
    /// Who sends.
    pub from: MailAddress,
    /// Who is to have it.
    pub to: MailAddress,
    /// One line.
    pub subject: String,
    /// The text for programs that show no HTML.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// When it was written.
    pub date: Timestamp,
}
