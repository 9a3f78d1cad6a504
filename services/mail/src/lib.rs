//! A mail as what carries it on takes it: a message of RFC 5322, with a body of plain text or of text and
//! HTML side by side (RFC 2046, `multipart/alternative`). No I/O, no async.

mod message_id;
mod subject;

pub use message_id::MAX_ID_BYTES;

use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes, Message, MultiPart, SinglePart, header};
use message_id::MessageId;
use std::time::{Duration, SystemTime};
use watchkeeper_domain::{MailAddress, Timestamp, Violation, text};
use watchkeeper_ports::Mail;

/// The message that `mail` becomes, with the envelope in which it travels. Nothing in the mail's texts can
/// add to its header, or is shown as something else than it is: see [`text`].
///
/// # Errors
/// A [`Violation`] when an id is not valid.
pub fn message(mail: &Mail) -> Result<Message, Violation> {
    let from = mailbox("from", &mail.from)?;
    let to = mailbox("to", &mail.to)?;
    let id = MessageId::new("id", &mail.id, &mail.from)?;
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()])
        .map_err(|error| Violation::new("to", error.to_string()))?;

    let mut builder = Message::builder()
        .envelope(envelope)
        .message_id(Some(id.to_string()))
        .date(system_time(mail.date))
        .from(any_sender())
        .to(to)
        .raw_header(subject::header(&mail.subject))
        // RFC 3834: no holiday greetings in answer to this.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(follows) = &mail.follows {
        let earlier = MessageId::new("follows", follows, &mail.from)?.to_string();
        builder = builder.in_reply_to(earlier.clone()).references(earlier);
    }

    let text = text::lines(&mail.text).into_owned();
    let message = match &mail.html {
        Some(html) => {
            builder.multipart(MultiPart::alternative_plain_html(text, text::lines(html).into_owned()))
        }
        None => builder.singlepart(SinglePart::plain(text)),
    };
    let mut message = message.map_err(|error| Violation::new("mail", error.to_string()))?;
    message.headers_mut().set(header::From::from(Mailboxes::from(from)));
    Ok(message)
}

/// An address as the builder of messages has it, which takes every [`MailAddress`].
fn mailbox(field: &str, address: &MailAddress) -> Result<Mailbox, Violation> {
    let mailbox = Address::new(address.local(), address.host());
    let mailbox = mailbox.map_err(|error| Violation::new(field, format!("{address}: {error}")))?;
    Ok(Mailbox::new(address.name().map(str::to_owned), mailbox))
}

/// A sender for the time of building: lettre looks for one by reading the header back, and cannot read one at an IP
/// address.
fn any_sender() -> Mailbox {
    "sender@localhost".parse().expect("the address is valid")
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(at.as_micros().unsigned_abs())
}

#[cfg(test)]
mod tests;
