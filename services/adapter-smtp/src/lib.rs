//! Mail over SMTP (RFC 5321): encrypted by STARTTLS (RFC 3207) or TLS from the start (RFC 8314),
//! authenticated by PLAIN or LOGIN (RFC 4954).

mod answer;
mod mailer;
mod server;

pub use mailer::{CONNECT_WITHIN, Credentials, SmtpMailer, SmtpOptions};
pub use server::{Encryption, MAX_HOST_BYTES, SmtpServer, SmtpServerError};
