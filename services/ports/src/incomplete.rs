//! What is missing from an incomplete record.

use crate::Offset;
use crate::limits::MAX_RECORD_BYTES;
use ring::digest::{SHA256, digest};
use watchkeeper_domain::Violation;

/// Why a record is incomplete. The whole record stays at its offset for as long as its topic keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// It is larger than a bus delivers: this is its head.
    Cut(Cut),
    /// It cannot be read at all.
    Unreadable(Unreadable),
}

/// A record's size and hash before it was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of the whole key.
    pub key_bytes: u64,
    /// Bytes of the whole value.
    pub value_bytes: u64,
    /// SHA-256 of the whole value.
    pub value_sha256: [u8; 32],
    /// How many headers were omitted.
    pub headers_left_out: u64,
    /// Their size, as [`crate::limits::header_bytes`] counts it.
    pub header_bytes_left_out: u64,
}

/// Consecutive records that cannot be read. The first one stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The offset after the last one.
    pub next: Offset,
    /// The error of the bus's client.
    pub reason: String,
}

impl Incomplete {
    /// Refuses an incomplete value; `here` is what there is of it.
    ///
    /// # Errors
    /// Says how large the record is, or why it cannot be read.
    pub(crate) fn check_value(&self, here: &[u8]) -> Result<(), Violation> {
        match self {
            Self::Cut(cut) if cut.value_bytes == here.len() as u64 => Ok(()),
            Self::Cut(Cut { key_bytes, value_bytes, .. }) => {
                let bytes = key_bytes.saturating_add(*value_bytes);
                let reason = if bytes > MAX_RECORD_BYTES as u64 {
                    format!("key and value have {bytes} bytes, the limit is {MAX_RECORD_BYTES}")
                } else {
                    format!("only {} of {value_bytes} bytes of the value are available", here.len())
                };
                Err(Violation::new("record", reason))
            }
            Self::Unreadable(Unreadable { reason, .. }) => {
                Err(Violation::new("record", format!("cannot be read: {reason}")))
            }
        }
    }
}

impl Cut {
    /// The hash of a value.
    pub fn sha256(value: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, value).as_ref());
        hash
    }
}
