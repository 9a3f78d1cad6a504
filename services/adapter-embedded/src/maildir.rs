//! Mail into a Maildir, from which a mail program reads it: `mutt -f DIRECTORY`.

mod deliver;
mod leftovers;

use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_domain::Timestamp;
use watchkeeper_mail::message;
use watchkeeper_ports::{Mail, Mailer, PortError};

/// What the operator knows the mailer by.
const NAME: &str = "mail";
/// How long writing one mail may take, whatever the disk does.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2 * 60);

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
        let writing =
            tokio::task::spawn_blocking(move || work(&dir).map_err(|error| unavailable(&dir, &error)));
        let Ok(written) = timeout(WRITTEN_WITHIN, writing).await else {
            let reason = format!("the disk has not answered within {} s", WRITTEN_WITHIN.as_secs());
            return Err(PortError::Unavailable { what: NAME, reason });
        };
        written.map_err(|stopped| PortError::Broken { what: NAME, reason: stopped.to_string() })?
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
