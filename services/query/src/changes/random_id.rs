//! Random IDs.

use data_encoding::BASE32_NOPAD;

/// Random bytes of an ID: enough to be unique, few enough to be read aloud.
const ID_BYTES: usize = 10;

/// A unique ID.
pub fn random_id() -> String {
    BASE32_NOPAD.encode(&rand::random::<[u8; ID_BYTES]>()).to_ascii_lowercase()
}
