//! Checks of what a server says: text that is sent and expected, and the greetings of SMTP, IMAP and SSH.

mod conversation;
mod exchange;
mod mail;

use super::address::Address;
use super::certificate::Seen;
use super::probe::{Finding, Probe};
use crate::target::CollectError;
use conversation::Conversation;
use tokio::io::{AsyncRead, AsyncWrite};
use watchkeeper_http_client::Trust;

pub use conversation::MAX_REPLY_BYTES;
pub use exchange::{Exchange, MAX_SEND_BYTES};

/// A server that must answer as its protocol says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkCheck {
    /// The server.
    pub address: Address,
    /// When a TLS handshake is made.
    pub security: Security,
    /// What is said.
    pub protocol: Protocol,
}

/// When a TLS handshake is made, and whose certificates are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Never.
    None,
    /// At once.
    Tls(Trust),
    /// When the server offers it.
    StartTls(Trust),
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// What the target's section says.
    Exchange(Exchange),
    /// The greeting of RFC 5321, and EHLO.
    Smtp,
    /// The greeting of RFC 9051.
    Imap,
    /// The identification of RFC 4253.
    Ssh,
}

/// How far a conversation came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// To its end.
    All,
    /// To a TLS handshake, which the server expects now.
    StartTls,
}

impl Probe {
    /// Connects, and speaks the protocol.
    pub(super) async fn talk(&self, check: &TalkCheck) -> Result<Finding, CollectError> {
        let judge = match &check.security {
            Security::None => None,
            Security::Tls(trust) | Security::StartTls(trust) => Some(self.judge(trust).await?),
        };
        let attempt = async {
            let mut stream = match self.connect(&check.address).await? {
                Ok(stream) => stream,
                Err(reason) => return Ok(Err(reason)),
            };
            let host = check.address.host();
            if let (Some(judge), Security::Tls(_)) = (&judge, &check.security) {
                return Ok(match self.secured(judge, host, &[], stream).await? {
                    Ok(stream) => self.converse(&check.protocol, stream, false).await.map(drop),
                    Err(reason) => Err(reason),
                });
            }
            match (self.converse(&check.protocol, &mut stream, judge.is_some()).await, &judge) {
                (Ok(Said::StartTls), Some(judge)) => {
                    Ok(self.secured(judge, host, &[], stream).await?.map(drop))
                }
                (said, _) => Ok(said.map(drop)),
            }
        };
        let result = self.in_time(Box::pin(attempt)).await?;
        let finding = result.map_or_else(Finding::failed, |()| self.answered());
        Ok(Finding { expiry: judge.as_ref().and_then(Seen::by).map(|seen| seen.expiry), ..finding })
    }

    /// Speaks the protocol; up to the point where the server expects a handshake, if it offers one and it is wanted.
    async fn converse(
        &self,
        protocol: &Protocol,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        wants_tls: bool,
    ) -> Result<Said, String> {
        let mut conversation = Conversation::new(stream);
        match protocol {
            Protocol::Exchange(exchange) => {
                let deadline = self.begun + self.within;
                conversation.exchange(exchange, deadline, self.within).await.map(|()| Said::All)
            }
            Protocol::Smtp => conversation.smtp(wants_tls).await,
            Protocol::Imap => conversation.imap(wants_tls).await,
            Protocol::Ssh => conversation.ssh().await,
        }
    }
}
