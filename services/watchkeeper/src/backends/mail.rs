//! What carries mail on: a mail server, or a Maildir.

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

/// Longest name of a user of a mail server, in bytes.
const MAX_USERNAME_BYTES: usize = 256;
/// How long handing over one mail may take: the default and the bounds. A server may look for minutes at a mail
/// that it then takes; what is broken off before it says so is sent twice (RFC 5321, 4.5.3.2).
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(5 * 60), Duration::from_secs(1)..=Duration::from_secs(10 * 60));
const _: () = assert!(TIMEOUT.1.end().as_secs() < watchkeeper_notifier::SEND_WITHIN.as_secs());
/// The Maildir in the data directory.
const MAILDIR: &str = "mail";

/// Where mail is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailBackend {
    place: Option<Place>,
    username: Option<String>,
    password: Option<Secret>,
    ca_file: Option<PathBuf>,
    timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Maildir(PathBuf),
    Smtp(SmtpServer),
}

impl MailBackend {
    /// Reads the key `mail` and the section `smtp`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let place = section.parsed("mail");
        let is_encrypted = match &place {
            Some(Place::Smtp(server)) => server.encryption != Encryption::None,
            Some(Place::Maildir(_)) | None => true,
        };
        section.section("smtp", |smtp| {
            let username = smtp.optional_text("username", MAX_USERNAME_BYTES);
            let password = smtp.secret_file("password_file");
            if username.is_some() != password.is_some() {
                smtp.refuse("username", "and password_file go together: give both or none");
            }
            if username.is_some() && !is_encrypted {
                smtp.refuse("username", "is not sent over smtp+plain://: take smtp:// or smtps://");
            }
            Self {
                place,
                username,
                password,
                ca_file: smtp.path("ca_file"),
                timeout: smtp.duration("timeout", TIMEOUT.1, TIMEOUT.0),
            }
        })
    }

    /// Makes ready to hand over mail.
    pub(super) fn open(&self, data_dir: &Path) -> Result<Arc<dyn Mailer>, PortError> {
        match &self.place {
            None => Ok(Arc::new(MaildirMailer::open(&data_dir.join(MAILDIR))?)),
            Some(Place::Maildir(dir)) => Ok(Arc::new(MaildirMailer::open(dir)?)),
            Some(Place::Smtp(server)) => self.at(server),
        }
    }

    /// Makes ready to hand over mail to a server, if it is one that mail is handed over to.
    pub(super) fn open_server(&self) -> Result<(), PortError> {
        match &self.place {
            Some(Place::Smtp(server)) => self.at(server).map(drop),
            None | Some(Place::Maildir(_)) => Ok(()),
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

/// A text that names no place for mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnknownPlace;

impl fmt::Display for UnknownPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "must be maildir:DIR with an absolute path, smtp://HOST[:PORT] (STARTTLS), smtps://HOST[:PORT] (TLS) \
             or smtp+plain://HOST[:PORT]",
        )
    }
}

impl FromStr for Place {
    type Err = UnknownPlace;

    fn from_str(url: &str) -> Result<Self, UnknownPlace> {
        match url.strip_prefix("maildir:") {
            Some(dir) if dir.starts_with('/') => Ok(Self::Maildir(dir.into())),
            _ => url.parse().map(Self::Smtp).map_err(|_| UnknownPlace),
        }
    }
}
