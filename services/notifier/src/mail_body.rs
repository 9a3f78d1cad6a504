//! A mail as the body of a notification: JSON.

use serde::{Deserialize, Serialize};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::Mail;

/// A [`Mail`], field by field; the date is RFC 3339.
#[derive(Debug, Serialize, Deserialize)]
struct MailBody {
    id: String,
    follows: Option<String>,
    from: String,
    to: String,
    subject: String,
    text: String,
    html: Option<String>,
    date: String,
}

/// A body that holds no mail, of which the reason says what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("the notification's body is no mail: {0}")]
pub(crate) struct NoMail(String);

/// The body of a notification that is this mail.
pub(crate) fn write(mail: Mail) -> String {
    let Mail { id, follows, from, to, subject, text, html, date } = mail;
    let body = MailBody { id, follows, from, to, subject, text, html, date: date.to_string() };
    serde_json::to_string(&body).expect("texts can be written as JSON")
}

/// The mail that is this body.
pub(crate) fn read(body: &str) -> Result<Mail, NoMail> {
    let body: MailBody = serde_json::from_str(body).map_err(|error| NoMail(error.to_string()))?;
    let date: Timestamp = body.date.parse().map_err(|error| NoMail(format!("date: {error}")))?;
    let MailBody { id, follows, from, to, subject, text, html, .. } = body;
    Ok(Mail { id, follows, from, to, subject, text, html, date })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mail_survives_the_outbox(
            (id, to, subject) in ("[a-z0-9.-]{1,9}", "\\PC*", "\\PC*"),
            text: String,
            html in option::of(any::<String>()),
            micros in 0..=Timestamp::MAX.as_micros(),
        ) {
            let date = Timestamp::from_micros(micros).unwrap();
            let (follows, from) = (html.clone(), to.clone());
            let mail = Mail { id, follows, from, to, subject, text, html, date };
            prop_assert_eq!(read(&write(mail.clone())).unwrap(), mail);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(\\{\"id\":)?\\PC*") {
            let _ = read(&text);
        }
    }
}
