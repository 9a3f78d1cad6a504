//! Records as compressed rows.
//!
//! JSON samples compress to a tenth, and writing and syncing fewer pages more than pays for it.

use super::frames::{self, FIXED_BYTES, damaged};
use crate::sqlite::Error;
use watchkeeper_ports::Record;
use watchkeeper_ports::limits::{MAX_HEADER_BYTES, MAX_RECORD_BYTES};
use zstd::bulk::{Compressor, Decompressor};

/// zstd's level 1: higher ones take longer than they save.
const LEVEL: i32 = 1;
/// Bytes of frames at which a row is full. Small, because reading one record decompresses a row.
const ROW_BYTES: usize = 256 << 10;
/// Most bytes of frames in a row: a row just short of full, plus the largest record.
const MAX_ROW_BYTES: usize = ROW_BYTES - 1 + FIXED_BYTES + MAX_RECORD_BYTES + MAX_HEADER_BYTES;

/// Compresses records into rows.
pub(super) struct Packer {
    compressor: Compressor<'static>,
    frames: Vec<u8>,
}

pub(super) struct Row {
    pub(super) count: u64,
    /// Size of the frames before compression.
    pub(super) unpacked: usize,
    pub(super) frames: Vec<u8>,
}

impl Packer {
    pub(super) fn new() -> Result<Self, Error> {
        let compressor = Compressor::new(LEVEL).map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { compressor, frames: Vec::new() })
    }

    /// Packs as many records as fit a row; `None` at the end.
    pub(super) fn next_row<'a>(
        &mut self,
        records: &mut impl Iterator<Item = Record<'a>>,
    ) -> Result<Option<Row>, Error> {
        self.frames.clear();
        let mut count = 0;
        while self.frames.len() < ROW_BYTES
            && let Some(record) = records.next()
        {
            frames::write(record, &mut self.frames);
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let frames =
            self.compressor.compress(&self.frames).map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Some(Row { count, unpacked: self.frames.len(), frames }))
    }
}

pub(super) struct Unpacker {
    decompressor: Decompressor<'static>,
}

impl Unpacker {
    pub(super) fn new() -> Result<Self, Error> {
        let decompressor = Decompressor::new().map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { decompressor })
    }

    /// The frames of a row, which has `unpacked` bytes of them.
    pub(super) fn unpack(&mut self, packed: &[u8], unpacked: usize) -> Result<Vec<u8>, Error> {
        if unpacked > MAX_ROW_BYTES {
            return Err(damaged(&format!("it has {unpacked} bytes, the limit is {MAX_ROW_BYTES}")));
        }
        let frames =
            self.decompressor.decompress(packed, unpacked).map_err(|error| damaged(&error.to_string()))?;
        if frames.len() == unpacked { Ok(frames) } else { Err(damaged("it is truncated")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn rows(records: &[Record<'_>]) -> Vec<Row> {
        let (mut packer, mut records) = (Packer::new().unwrap(), records.iter().copied());
        std::iter::from_fn(|| packer.next_row(&mut records).unwrap()).collect()
    }

    #[test]
    fn the_largest_row_unpacks_and_a_row_says_how_many_records_it_has() {
        let value = vec![7; MAX_RECORD_BYTES];
        let headers = [(String::new(), "x".repeat(MAX_HEADER_BYTES - 8))];
        let almost_full = Record {
            key: b"k",
            value: &value[..ROW_BYTES - 1 - FIXED_BYTES - 1],
            headers: &[],
            incomplete: None,
        };
        let largest = Record { key: b"", value: &value, headers: &headers, incomplete: None };
        let rows = rows(&[almost_full, largest, almost_full]);
        assert_eq!(
            rows.iter().map(|row| (row.count, row.unpacked)).collect::<Vec<_>>(),
            [(2, MAX_ROW_BYTES), (1, ROW_BYTES - 1)]
        );
        for row in rows {
            assert_eq!(
                Unpacker::new().unwrap().unpack(&row.frames, row.unpacked).unwrap().len(),
                row.unpacked
            );
        }
    }

    #[test]
    fn a_row_of_another_length_is_damaged() {
        let row = rows(&[Record { key: b"k", value: b"v", headers: &[], incomplete: None }]).remove(0);
        let mut unpacker = Unpacker::new().unwrap();
        for unpacked in [row.unpacked - 1, row.unpacked + 1, MAX_ROW_BYTES + 1, usize::MAX] {
            assert!(matches!(unpacker.unpack(&row.frames, unpacked), Err(Error::Broken(_))), "{unpacked}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_unpack_or_are_an_error(packed in vec(any::<u8>(), 0..200), unpacked in 0_usize..1000) {
            let _ = Unpacker::new().unwrap().unpack(&packed, unpacked);
        }
    }
}
