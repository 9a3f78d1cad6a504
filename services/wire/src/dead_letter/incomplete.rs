//! The headers of truncated dead letters.

use super::header::{
    self, HEADER_BYTES_LEFT_OUT, HEADERS_LEFT_OUT, KEY_SIZE_BYTES, REASON, SHA256, SIZE_BYTES,
    UNREADABLE_UNTIL,
};
use data_encoding::HEXLOWER;
use watchkeeper_domain::Violation;
use watchkeeper_ports::{Cut, Header, Incomplete, Record, Unreadable};

const NUMBER: &str = "a whole number, 0 or more";

/// Writes the headers.
pub(super) fn write(incomplete: &Incomplete) -> Vec<Header> {
    let headers = match incomplete {
        Incomplete::Cut(cut) => vec![
            (SIZE_BYTES, cut.value_bytes.to_string()),
            (SHA256, HEXLOWER.encode(&cut.value_sha256)),
            (KEY_SIZE_BYTES, cut.key_bytes.to_string()),
            (HEADERS_LEFT_OUT, cut.headers_left_out.to_string()),
            (HEADER_BYTES_LEFT_OUT, cut.header_bytes_left_out.to_string()),
        ],
        Incomplete::Unreadable(Unreadable { next, .. }) => vec![(UNREADABLE_UNTIL, next.to_string())],
    };
    headers.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// Reads the headers; `None` if the record is complete.
///
/// # Errors
/// Names the header that is missing or malformed.
pub(super) fn read(letter: &Record<'_>) -> Result<Option<Incomplete>, Violation> {
    if letter.header(UNREADABLE_UNTIL).is_some() {
        let next = header::parsed(letter, UNREADABLE_UNTIL, NUMBER)?;
        let reason = header::required(letter, REASON)?.to_owned();
        return Ok(Some(Incomplete::Unreadable(Unreadable { next, reason })));
    }
    if letter.header(SIZE_BYTES).is_none() {
        return Ok(None);
    }
    Ok(Some(Incomplete::Cut(Cut {
        key_bytes: header::parsed(letter, KEY_SIZE_BYTES, NUMBER)?,
        value_bytes: header::parsed(letter, SIZE_BYTES, NUMBER)?,
        value_sha256: sha256(header::required(letter, SHA256)?)?,
        headers_left_out: header::parsed(letter, HEADERS_LEFT_OUT, NUMBER)?,
        header_bytes_left_out: header::parsed(letter, HEADER_BYTES_LEFT_OUT, NUMBER)?,
    })))
}

fn sha256(text: &str) -> Result<[u8; 32], Violation> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Violation::new(SHA256, "must be 64 hexadecimal digits"))
}
