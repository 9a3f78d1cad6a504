//! Writes mail into a Maildir, for mail programs: `mutt -f DIRECTORY`.

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

/// The mailer's name for operators.
const NAME: &str = "mail";
/// Time limit for writing one mail.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2 * 60);

/// Writes mail into one Maildir, whoever it is to: a directory with `tmp`, `new` and `cur`
/// (<https://cr.yp.to/proto/maildir.html>). Others may read and write it at the same time.
///
/// The file of a mail is named after its id. If that file exists, in `new` or, moved by a mail program, in
/// `cur`, the mail is not written again.
#[derive(Clone, Debug)]
pub struct MaildirMailer {
    dir: PathBuf,
}

impl MaildirMailer {
    /// Opens the Maildir `dir`, creates it if need be, and removes old half-written files. Blocks.
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

/// A full disk, somebody else's directory: an operator can fix it.
fn unavailable(dir: &Path, error: &io::Error) -> PortError {
    PortError::Unavailable { what: NAME, reason: format!("{}: {error}", dir.display()) }
}
