//! The JSON body of a mail notification.

use serde::{Deserialize, Serialize};
use watchkeeper_domain::{MailAddress, MailAddressError, Timestamp};
use watchkeeper_ports::{Attachment, Mail};

/// A [`Mail`] by fields; addresses are as configured, the date is RFC 3339.
#[derive(Debug, Serialize, Deserialize)]
struct MailBody {
    id: String,
    follows: Option<String>,
    from: String,
    to: String,
    subject: String,
    text: String,
    html: Option<String>,
    /// Missing in mails of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attachment: Option<AttachmentBody>,
    date: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct AttachmentBody {
    name: String,
    media_type: String,
    text: String,
}

/// A body that is not a mail; the reason says why.
#[derive(Debug, thiserror::Error)]
#[error("the notification's body is not a mail: {0}")]
pub(crate) struct NoMail(String);

/// Serializes a mail as the body of a notification.
pub(crate) fn write(mail: Mail) -> String {
    let Mail { id, follows, from, to, subject, text, html, attachment, date } = mail;
    let [from, to] = [from, to].map(|address| address.to_string());
    let attachment =
        attachment.map(|Attachment { name, media_type, text }| AttachmentBody { name, media_type, text });
    let body = MailBody { id, follows, from, to, subject, text, html, attachment, date: date.to_string() };
    serde_json::to_string(&body).expect("texts can be written as JSON")
}

/// Parses the body of a notification.
pub(crate) fn read(body: &str) -> Result<Mail, NoMail> {
    let body: MailBody = serde_json::from_str(body).map_err(|error| NoMail(error.to_string()))?;
    let date: Timestamp = body.date.parse().map_err(|error| NoMail(format!("date: {error}")))?;
    let address = |field: &str, text: &str| -> Result<MailAddress, NoMail> {
        text.parse().map_err(|error: MailAddressError| NoMail(format!("{field}: {error}")))
    };
    let (from, to) = (address("from", &body.from)?, address("to", &body.to)?);
    let MailBody { id, follows, subject, text, html, attachment, .. } = body;
    let attachment =
        attachment.map(|AttachmentBody { name, media_type, text }| Attachment { name, media_type, text });
    Ok(Mail { id, follows, from, to, subject, text, html, attachment, date })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;

    /// As versions before wrote it, which took more for an address.
    #[test]
    fn a_mail_of_before_is_read_and_one_to_no_address_says_so() {
        let before = |to: &str| {
            let body = serde_json::json!({
                "id": "a-1", "follows": null, "from": "watchkeeper@localhost", "to": to, "subject": "s",
                "text": "t", "html": null, "date": "2026-11-20T10:00:00Z",
            });
            read(&body.to_string()).map(|mail| mail.to.to_string()).map_err(|error| error.to_string())
        };
        for to in ["ops@example.org", "Дежурный <ops@пример.рф>", "Ops, night <ops@example.org>"]
        {
            assert_eq!(before(to), Ok(to.to_owned()));
        }
        let error = before("a..b@example.org").unwrap_err();
        assert!(
            error.starts_with("the notification's body is not a mail: to: must be a mail address"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn a_mail_survives_the_outbox(
            (id, name, subject) in ("[a-z0-9.-]{1,9}", "[^\\p{Cc}\"\\\\]{0,40}", "\\PC*"),
            text: String,
            html in option::of(any::<String>()),
            file in option::of(any::<String>()),
            micros in 0..=Timestamp::MAX.as_micros(),
        ) {
            let date = Timestamp::from_micros(micros).unwrap();
            let to: MailAddress = format!("\"{name}\" <ops@example.org>").parse().unwrap();
            let (follows, from) = (html.clone(), to.clone());
            let attachment = file.map(|text| Attachment { name: "a.csv".into(), media_type: "text/csv".into(), text });
            let mail = Mail { id, follows, from, to, subject, text, html, attachment, date };
            prop_assert_eq!(read(&write(mail.clone())).unwrap(), mail);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(\\{\"id\":)?\\PC*") {
            let _ = read(&text);
        }
    }
}
