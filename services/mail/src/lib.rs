//! Builds RFC 5322 messages with a body of plain text, or of text and HTML (`multipart/alternative`, RFC 2046), and a file
//! beside it (`multipart/mixed`). No I/O, no async.

mod message_id;
mod subject;

pub use message_id::MAX_ID_BYTES;

use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Mailboxes, Message, MultiPart, SinglePart, header};
use message_id::MessageId;
use std::time::{Duration, SystemTime};
use watchkeeper_domain::{MailAddress, Timestamp, Violation, text};
use watchkeeper_ports::Mail;

/// Builds the message and its envelope. No text of the mail can inject headers, or be displayed as something it is not:
/// see [`text`].
///
/// # Errors
/// A [`Violation`] if an ID is invalid, or the name or the media type of the attachment.
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
        // RFC 3834: suppresses automatic replies.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(follows) = &mail.follows {
        let earlier = MessageId::new("follows", follows, &mail.from)?.to_string();
        builder = builder.in_reply_to(earlier.clone()).references(earlier);
    }

    let text = text::lines(&mail.text).into_owned();
    let html = mail.html.as_ref().map(|html| text::lines(html).into_owned());
    let message = match (html, &mail.attachment) {
        (Some(html), None) => builder.multipart(MultiPart::alternative_plain_html(text, html)),
        (None, None) => builder.singlepart(SinglePart::plain(text)),
        (html, Some(file)) => {
            let mixed = MultiPart::mixed();
            let mixed = match html {
                Some(html) => mixed.multipart(MultiPart::alternative_plain_html(text, html)),
                None => mixed.singlepart(SinglePart::plain(text)),
            };
            builder.multipart(mixed.singlepart(attached(file)?))
        }
    };
    let mut message = message.map_err(|error| Violation::new("mail", error.to_string()))?;
    message.headers_mut().set(header::From::from(Mailboxes::from(from)));
    Ok(message)
}

/// The file as a part. Its content is encoded so that no program on the way changes the ends of its lines.
fn attached(file: &watchkeeper_ports::Attachment) -> Result<SinglePart, Violation> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if file.name.is_empty() || !file.name.chars().all(is_name) {
        return Err(Violation::new("attachment", "name: must be letters, digits, -, _ and ."));
    }
    let media_type = header::ContentType::parse(&file.media_type)
        .map_err(|error| Violation::new("attachment", format!("media type: {error}")))?;
    let bytes = file.text.clone().into_bytes();
    let body = Body::new_with_encoding(bytes, header::ContentTransferEncoding::Base64)
        .map_err(|_| Violation::new("attachment", "cannot be encoded"))?;
    Ok(Attachment::new(file.name.clone()).body(body, media_type))
}

/// The address as a lettre type, which accepts every [`MailAddress`].
fn mailbox(field: &str, address: &MailAddress) -> Result<Mailbox, Violation> {
    let mailbox = Address::new(address.local(), address.host());
    let mailbox = mailbox.map_err(|error| Violation::new(field, format!("{address}: {error}")))?;
    Ok(Mailbox::new(address.name().map(str::to_owned), mailbox))
}

/// A placeholder sender while building: lettre parses the `From` header again, and cannot parse an address with an IP
/// address as domain.
fn any_sender() -> Mailbox {
    "sender@localhost".parse().expect("the address is valid")
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(at.as_micros().unsigned_abs())
}

#[cfg(test)]
mod tests;
