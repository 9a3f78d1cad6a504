//! Names for what is made here.

use data_encoding::BASE32_NOPAD;

/// Random bytes in an id: enough that none is given twice, and few enough to be read out.
const ID_BYTES: usize = 10;

/// An id that nothing else has.
pub(crate) fn random_id() -> String {
    BASE32_NOPAD.encode(&rand::random::<[u8; ID_BYTES]>()).to_ascii_lowercase()
}
