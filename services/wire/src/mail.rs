//! A mail as what carries it on takes it: a message of RFC 5322, with a body of plain text or of text and
//! HTML side by side (RFC 2046, `multipart/alternative`).

mod address;
mod message_id;
mod subject;

pub use address::{Address, AddressError, MAX_ADDRESS_BYTES};
pub use message_id::MAX_ID_BYTES;

use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Message, MultiPart, SinglePart};
use message_id::MessageId;
use std::time::{Duration, SystemTime};
use watchkeeper_domain::{Timestamp, Violation, text};
use watchkeeper_ports::Mail;

/// The message that `mail` becomes, with the envelope in which it travels. Nothing in the mail's texts can
/// add to its header, or is shown as something else than it is: see [`text`].
///
/// # Errors
/// A [`Violation`] when the id or an address is none.
pub fn message(mail: &Mail) -> Result<Message, Violation> {
    let from = address("from", &mail.from)?;
    let to = address("to", &mail.to)?;
    let id = MessageId::new("id", &mail.id, &from)?;
    let envelope = Envelope::new(Some(from.mailbox().email.clone()), vec![to.mailbox().email.clone()])
        .map_err(|error| Violation::new("to", error.to_string()))?;

    let mut builder = Message::builder()
        .envelope(envelope)
        .message_id(Some(id.to_string()))
        .date(system_time(mail.date))
        .from(from.mailbox().clone())
        .to(to.mailbox().clone())
        .raw_header(subject::header(&mail.subject))
        // RFC 3834: no holiday greetings in answer to this.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(follows) = &mail.follows {
        let earlier = MessageId::new("follows", follows, &from)?.to_string();
        builder = builder.in_reply_to(earlier.clone()).references(earlier);
    }

    let text = text::lines(&mail.text).into_owned();
    let message = match &mail.html {
        Some(html) => {
            builder.multipart(MultiPart::alternative_plain_html(text, text::lines(html).into_owned()))
        }
        None => builder.singlepart(SinglePart::plain(text)),
    };
    message.map_err(|error| Violation::new("mail", error.to_string()))
}

fn address(field: &str, text: &str) -> Result<Address, Violation> {
    text.parse().map_err(|error: AddressError| Violation::new(field, error.to_string()))
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(at.as_micros().unsigned_abs())
}

#[cfg(test)]
mod tests;
