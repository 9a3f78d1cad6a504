//! The backend of mail: a mail server, or a Maildir.

use std::fmt;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::MaildirMailer;
use watchkeeper_adapter_smtp::{Credentials, Encryption, SmtpMailer, SmtpOptions, SmtpServer};
use watchkeeper_config::{Secret, Section};
use watchkeeper_ports::{Mailer, PortError};

/// Maximum length of a user name, in bytes.
const MAX_USERNAME_BYTES: usize = 256;
/// Timeout for sending one mail: the default and the bounds. A server may check a mail for minutes before it accepts
/// it; a mail that is aborted before the reply is sent twice (RFC 5321, 4.5.3.2).
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(5 * 60), Duration::from_secs(1)..=Duration::from_secs(10 * 60));
const _: () = assert!(TIMEOUT.1.end().as_secs() < watchkeeper_notifier::SEND_WITHIN.as_secs());
/// The Maildir in the data directory.
pub(super) const MAILDIR: &str = "mail";

/// The backend of mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailBackend {
    location: Option<Location>,
    username: Option<String>,
    password: Option<Secret>,
    ca_file: Option<PathBuf>,
    timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Location {
    Maildir(PathBuf),
    Smtp(SmtpServer),
}

impl MailBackend {
    /// Reads the key `mail` and the section `smtp`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let location = section.parsed("mail");
        let is_encrypted = match &location {
            Some(Location::Smtp(server)) => server.encryption != Encryption::None,
            Some(Location::Maildir(_)) | None => true,
        };
        section.section("smtp", |smtp| {
            let username = smtp.optional_text("username", MAX_USERNAME_BYTES);
            let password = smtp.secret_file("password_file");
            if username.is_some() != password.is_some() {
                smtp.refuse("username", "must be set together with password_file");
            }
            if username.is_some() && !is_encrypted {
                smtp.refuse("username", "is not sent over smtp+plain://: use smtp:// or smtps://");
            }
            Self {
                location,
                username,
                password,
                ca_file: smtp.path("ca_file"),
                timeout: smtp.duration("timeout", TIMEOUT.1, TIMEOUT.0),
            }
        })
    }

    /// The Maildir, if it is not in the data directory.
    pub(super) fn maildir(&self) -> Option<&Path> {
        match &self.location {
            Some(Location::Maildir(dir)) => Some(dir),
            Some(Location::Smtp(_)) | None => None,
        }
    }

    /// Opens the mailer.
    pub(super) fn open(&self, data_dir: &Path) -> Result<Arc<dyn Mailer>, PortError> {
        match &self.location {
            None => Ok(Arc::new(MaildirMailer::open(&data_dir.join(MAILDIR))?)),
            Some(Location::Maildir(dir)) => Ok(Arc::new(MaildirMailer::open(dir)?)),
            Some(Location::Smtp(server)) => self.at(server),
        }
    }

    /// Opens the client of the mail server, if one is configured.
    pub(super) fn open_server(&self) -> Result<(), PortError> {
        match &self.location {
            Some(Location::Smtp(server)) => self.at(server).map(drop),
            None | Some(Location::Maildir(_)) => Ok(()),
        }
    }

    fn at(&self, server: &SmtpServer) -> Result<Arc<dyn Mailer>, PortError> {
        let Self { username, password, ca_file, timeout, .. } = self;
        let server = server.clone();
        let credentials = username.as_ref().zip(password.as_ref()).map(|(username, password)| Credentials {
            username: username.clone(),
            password: password.expose().to_owned(),
        });
        let extra_roots = ca_file.as_deref().map(read_certificates).transpose()?;
        let mailer = SmtpMailer::new(&SmtpOptions { server, credentials, extra_roots, timeout: *timeout })?;
        Ok(Arc::new(mailer))
    }
}

fn read_certificates(file: &Path) -> Result<String, PortError> {
    let unreadable = |error| format!("cannot read ca_file {}: {error}", file.display());
    let read = fs::read_to_string(file).map_err(unreadable);
    read.map_err(|reason| PortError::Broken { what: "mail", reason })
}

/// A URL that is neither a mail server nor a Maildir.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnknownLocation;

impl fmt::Display for UnknownLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "must be maildir:DIR with an absolute path, smtp://HOST[:PORT] (STARTTLS), smtps://HOST[:PORT] (TLS) \
             or smtp+plain://HOST[:PORT]",
        )
    }
}

impl FromStr for Location {
    type Err = UnknownLocation;

    fn from_str(url: &str) -> Result<Self, UnknownLocation> {
        match url.strip_prefix("maildir:") {
            Some(dir) if dir.starts_with('/') => Ok(Self::Maildir(dir.into())),
            _ => url.parse().map(Self::Smtp).map_err(|_| UnknownLocation),
        }
    }
}
