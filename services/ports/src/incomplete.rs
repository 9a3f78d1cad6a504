//! What is missing of a record that is not here whole.

use crate::Offset;
use crate::limits::MAX_RECORD_BYTES;
use ring::digest::{SHA256, digest};
use watchkeeper_domain::Violation;

/// Why a record is not here whole. The whole lies at its position for as long as its topic keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// It is larger than a bus passes on: what is here is its head.
    Cut(Cut),
    /// Nothing of it can be read.
    Unreadable(Unreadable),
}

/// What a record was before it was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of the whole key.
    pub key_bytes: u64,
    /// Bytes of the whole value.
    pub value_bytes: u64,
    /// SHA-256 of the whole value.
    pub value_sha256: [u8; 32],
    /// How many headers are not here.
    pub headers_left_out: u64,
    /// What these count, as [`crate::limits::header_bytes`] does.
    pub header_bytes_left_out: u64,
}

/// Records that lie together and cannot be read. The first of them stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The offset after the last of them.
    pub next: Offset,
    /// Why they cannot be read, as the bus's client puts it.
    pub reason: String,
}

impl Incomplete {
    /// Refuses a value that is not here to the last byte, given how much of it is.
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
                    format!("only {} bytes of its value are here, of {value_bytes}", here.len())
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
