//! Encodes records as frames.
//!
//! A frame has the lengths of key, value and headers (four bytes each, little-endian), then the key, the
//! value and the headers. A header has the length of its name, the name, the length of its value, the value.

use crate::sqlite::Error;
use watchkeeper_ports::{Header, Record};

const LENGTH_BYTES: usize = size_of::<u32>();
/// Bytes of a frame without the key, the value and the headers.
pub(super) const FIXED_BYTES: usize = 3 * LENGTH_BYTES;

pub(super) fn write(record: Record<'_>, out: &mut Vec<u8>) {
    write_length(record.key.len(), out);
    write_length(record.value.len(), out);
    write_length(header_bytes(record), out);
    out.extend_from_slice(record.key);
    out.extend_from_slice(record.value);
    for text in record.headers.iter().flat_map(|(name, value)| [name, value]) {
        write_length(text.len(), out);
        out.extend_from_slice(text.as_bytes());
    }
}

/// The size of the headers of `record` in its frame.
fn header_bytes(record: Record<'_>) -> usize {
    record.headers.iter().map(|(name, value)| 2 * LENGTH_BYTES + name.len() + value.len()).sum()
}

fn write_length(length: usize, out: &mut Vec<u8>) {
    let length = u32::try_from(length).expect("record limits are checked before, and far below 4 GiB");
    out.extend_from_slice(&length.to_le_bytes());
}

/// One record, borrowed from the bytes it was read from.
pub(super) struct Frame<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
    headers: &'a [u8],
}

impl Frame<'_> {
    pub(super) fn headers(&self) -> Result<Vec<Header>, Error> {
        let (mut rest, mut headers) = (self.headers, Vec::new());
        while !rest.is_empty() {
            headers.push((take_text(&mut rest)?, take_text(&mut rest)?));
        }
        Ok(headers)
    }
}

/// Iterates over frames. Ends after the first damaged one.
pub(super) struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self) -> Result<Frame<'a>, Error> {
        let (key, value) = (take_length(&mut self.rest)?, take_length(&mut self.rest)?);
        let headers = take_length(&mut self.rest)?;
        Ok(Frame {
            key: take(&mut self.rest, key)?,
            value: take(&mut self.rest, value)?,
            headers: take(&mut self.rest, headers)?,
        })
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let frame = self.take();
        if frame.is_err() {
            self.rest = &[];
        }
        Some(frame)
    }
}

/// The error for bytes that [`write`] cannot have written.
pub(super) fn damaged(reason: &str) -> Error {
    Error::Broken(format!("a batch is damaged: {reason}"))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Error> {
    let (taken, left) = rest.split_at_checked(length).ok_or_else(|| damaged("a frame is truncated"))?;
    *rest = left;
    Ok(taken)
}

fn take_length(rest: &mut &[u8]) -> Result<usize, Error> {
    let (taken, left) = rest.split_first_chunk().ok_or_else(|| damaged("a length is truncated"))?;
    *rest = left;
    Ok(u32::from_le_bytes(*taken) as usize)
}

fn take_text(rest: &mut &[u8]) -> Result<String, Error> {
    let length = take_length(rest)?;
    let bytes = take(rest, length)?;
    String::from_utf8(bytes.to_owned()).map_err(|_| damaged("a header is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use watchkeeper_ports::{BatchBuilder, RecordBatch};

    fn read(bytes: &[u8]) -> Result<RecordBatch, Error> {
        let mut builder = BatchBuilder::default();
        for frame in Frames::of(bytes) {
            let frame = frame?;
            builder.push_with_headers(frame.key, frame.value, frame.headers()?);
        }
        Ok(builder.finish())
    }

    fn any_batch() -> impl Strategy<Value = RecordBatch> {
        let bytes = || vec(any::<u8>(), 0..20);
        let record = (bytes(), bytes(), vec((".{0,5}", ".{0,5}"), 0..3));
        vec(record, 0..10).prop_map(|records| {
            let mut builder = BatchBuilder::default();
            for (key, value, headers) in records {
                builder.push_with_headers(&key, &value, headers);
            }
            builder.finish()
        })
    }

    fn written(batch: &RecordBatch) -> Vec<u8> {
        let mut bytes = Vec::new();
        batch.iter().for_each(|record| write(record, &mut bytes));
        bytes
    }

    proptest! {
        #[test]
        fn records_are_read_as_they_were_written(batch in any_batch()) {
            prop_assert_eq!(read(&written(&batch)), Ok(batch));
        }

        #[test]
        fn any_bytes_are_records_or_an_error(bytes in vec(any::<u8>(), 0..100)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_changed_byte_is_other_records_or_an_error(batch in any_batch(), at: prop::sample::Index, to: u8) {
            let mut bytes = written(&batch);
            prop_assume!(!bytes.is_empty());
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            prop_assert_ne!(read(&bytes), Ok(batch));
        }

        #[test]
        fn a_cut_is_an_error_unless_it_falls_between_frames(batch in any_batch(), at: prop::sample::Index) {
            let bytes = written(&batch);
            prop_assume!(!bytes.is_empty());
            let cut = &bytes[..at.index(bytes.len())];
            match read(cut) {
                Ok(read) => prop_assert_eq!(written(&read), cut),
                Err(error) => prop_assert!(matches!(error, Error::Broken(_))),
            }
        }
    }
}
