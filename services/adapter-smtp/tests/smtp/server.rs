//! A user of the shared mail server.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use watchkeeper_adapter_smtp::{Credentials, Encryption, SmtpMailer, SmtpOptions, SmtpServer};
use watchkeeper_port_contract::mailer::MailFixture;
use watchkeeper_port_contract::{Fixture, engine_dir, engine_url};
use watchkeeper_ports::Mailer;

/// The password that the server accepts for every user.
pub(crate) const PASSWORD: &str = "open sesame";

/// What one user has sent.
pub(crate) struct Mailbox {
    user: String,
}

impl Mailbox {
    /// A user who has sent nothing yet.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self { user: format!("u{}n{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)) }
    }

    /// The options for this user.
    pub(crate) fn options(&self, encryption: Encryption) -> SmtpOptions {
        let mut server: SmtpServer = engine_url("smtp").parse().unwrap();
        server.encryption = encryption;
        if encryption == Encryption::Tls {
            server.port = read("second_port").parse().unwrap();
        }
        SmtpOptions {
            server,
            credentials: Some(Credentials { username: self.user.clone(), password: PASSWORD.into() }),
            extra_roots: Some(read("certificate.pem")),
            timeout: Duration::from_secs(20),
        }
    }

    /// The envelopes of its mails.
    pub(crate) fn envelopes(&self) -> Vec<String> {
        self.files("json").iter().map(|file| fs::read_to_string(file).unwrap()).collect()
    }

    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let Ok(entries) = engine_dir("smtp").join("mail").join(&self.user).read_dir() else {
            return Vec::new();
        };
        let files = entries.map(|entry| entry.unwrap().path());
        files.filter(|file| file.extension().is_some_and(|found| found == extension)).collect()
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(engine_dir("smtp").join(file)).unwrap()
}

impl Fixture<dyn Mailer> for Mailbox {
    async fn fresh() -> Self {
        Self::new()
    }

    async fn open(&self) -> Arc<dyn Mailer> {
        Arc::new(SmtpMailer::new(&self.options(Encryption::StartTls)).unwrap())
    }
}

impl MailFixture for Mailbox {
    async fn received(&self) -> Vec<Vec<u8>> {
        self.files("eml").iter().map(|file| fs::read(file).unwrap()).collect()
    }
}
