//! Mail into a Maildir, from which a mail program reads it: `mutt -f DIRECTORY`.

mod deliver;
mod leftovers;

use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Mail, Mailer, PortError};
use watchkeeper_wire::mail::message;

/// What the operator knows the mailer by.
const NAME: &str = "mail";

/// Mail into one Maildir, whoever it is to: a directory with `tmp`, `new` and `cur`
/// (<https://cr.yp.to/proto/maildir.html>). Others may read and write it meanwhile.
///
/// A mail is a file named by its id. One whose id is there already, in `new` or, moved by a mail program,
/// in `cur`, is not written again.
#[derive(Clone, Debug)]
pub struct MaildirMailer {
    dir: PathBuf,
}

impl MaildirMailer {
    /// Opens the Maildir `dir`, creates it if need be, and removes what was left half written in it long
    /// ago. Blocks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] if the directory cannot be created or read.
    pub fn open(dir: &Path) -> Result<Self, PortError> {
        deliver::create(dir)
            .and_then(|()| leftovers::remove(dir, Timestamp::now()))
            .map_err(|error| unavailable(dir, &error))?;
        Ok(Self { dir: dir.to_owned() })
    }

    async fn blocking(
        &self,
        work: impl FnOnce(&Path) -> io::Result<()> + Send + 'static,
    ) -> Result<(), PortError> {
        let dir = self.dir.clone();
        tokio::task::spawn_blocking(move || work(&dir).map_err(|error| unavailable(&dir, &error)))
            .await
            .map_err(|stopped| PortError::Broken { what: NAME, reason: stopped.to_string() })?
    }
}

#[async_trait]
impl Mailer for MaildirMailer {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let message = message(mail)
            .map_err(|violation| PortError::Rejected { what: NAME, reason: violation.to_string() })?;
        let id = mail.id.clone();
        self.blocking(move |dir| deliver::deliver(dir, &id, &message.formatted())).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.blocking(deliver::check).await
    }
}

/// A full disk, a directory that is somebody else's: an operator mends it.
fn unavailable(dir: &Path, error: &io::Error) -> PortError {
    PortError::Unavailable { what: NAME, reason: format!("{}: {error}", dir.display()) }
}
