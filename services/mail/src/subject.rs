//! The `Subject` header.

use email_encoding::headers::rfc2047;
use email_encoding::headers::writer::EmailWriter;
use lettre::message::header::{HeaderName, HeaderValue};
use watchkeeper_domain::text;

const NAME: &str = "Subject";
/// Maximum length of a word that is not encoded. Lines are folded between words, at 78 characters (RFC 5322, 2.1.1).
const MAX_PLAIN_WORD_BYTES: usize = 60;

/// The header field of `subject`, reduced to one line. If any part must be encoded (RFC 2047), all of it is: mail
/// programs differ in how they treat spaces next to encoded words.
pub(super) fn header(subject: &str) -> HeaderValue {
    let (name, subject) = (HeaderName::new_from_ascii_str(NAME), text::line(subject.trim()));
    if is_plain(&subject) {
        return HeaderValue::new(name, subject.into_owned());
    }
    let mut encoded = String::new();
    let mut writer = EmailWriter::new(&mut encoded, NAME.len() + ": ".len(), 0, false);
    rfc2047::encode(&subject, &mut writer).expect("writing to a string does not fail");
    drop(writer);
    HeaderValue::dangerous_new_pre_encoded(name, subject.into_owned(), encoded)
}

/// Whether the subject needs no encoding, and cannot be mistaken for an encoded one.
fn is_plain(subject: &str) -> bool {
    subject.is_ascii()
        && !subject.contains("=?")
        && !subject.contains("  ")
        && subject.split(' ').all(|word| word.len() <= MAX_PLAIN_WORD_BYTES)
}
