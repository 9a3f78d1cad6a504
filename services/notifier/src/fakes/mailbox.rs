//! A mail server that keeps accepted mails, and can be unavailable, slow or without a recipient.

use async_trait::async_trait;
use std::sync::Mutex;
use tokio::sync::{Semaphore, watch};
use watchkeeper_ports::{Mail, Mailer, PortError};

/// Its response for an unknown recipient.
pub(crate) const NO_SUCH_USER: &str = "550 5.1.1 no such user";

pub(crate) struct Mailbox {
    pub(crate) taken: Mutex<Vec<Mail>>,
    pub(crate) is_away: Mutex<bool>,
    /// An unknown recipient.
    pub(crate) unknown: Option<String>,
    /// How many more mails are accepted before one has to wait.
    pub(crate) permits: Semaphore,
    /// How many mails are being transferred now.
    pub(crate) under_way: watch::Sender<usize>,
    /// How many transfers were aborted.
    pub(crate) broken_off: Mutex<usize>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            taken: Mutex::default(),
            is_away: Mutex::default(),
            unknown: None,
            permits: Semaphore::new(Semaphore::MAX_PERMITS),
            under_way: watch::Sender::default(),
            broken_off: Mutex::default(),
        }
    }
}

impl Mailbox {
    /// Accepts nothing until it is given permits.
    pub(crate) fn slow() -> Self {
        Self { permits: Semaphore::new(0), ..Self::default() }
    }
}

/// A mail being transferred.
struct Handing<'a>(Option<&'a Mailbox>);

impl<'a> Handing<'a> {
    fn begin(to: &'a Mailbox) -> Self {
        to.under_way.send_modify(|count| *count += 1);
        Self(Some(to))
    }

    fn end(mut self) {
        let to = self.0.take().unwrap();
        to.under_way.send_modify(|count| *count -= 1);
    }
}

impl Drop for Handing<'_> {
    fn drop(&mut self) {
        if let Some(to) = self.0 {
            to.under_way.send_modify(|count| *count -= 1);
            *to.broken_off.lock().unwrap() += 1;
        }
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let handing = Handing::begin(self);
        self.permits.acquire().await.unwrap().forget();
        handing.end();
        self.check().await?;
        if self.unknown.as_deref() == Some(mail.to.as_str()) {
            return Err(PortError::Rejected { what: "mail", reason: NO_SUCH_USER.into() });
        }
        self.taken.lock().unwrap().push(mail.clone());
        Ok(())
    }

    async fn check(&self) -> Result<(), PortError> {
        if *self.is_away.lock().unwrap() {
            return Err(PortError::Unavailable { what: "mail", reason: "connection refused".into() });
        }
        Ok(())
    }
}
