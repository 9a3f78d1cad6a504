//! Rows of events in COPY's binary format (PostgreSQL's documentation, COPY, "Binary Format").

use crate::error::Error;
use crate::instant::since_2000;
use bytes::{BufMut as _, Bytes, BytesMut};
use watchkeeper_domain::Event;

/// The statement that reads them.
pub(super) const COPY: &str =
    "COPY event_rows (at, id, level, service_id, host_id, message, fields) FROM STDIN (FORMAT binary)";

/// The header: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
const COLUMNS: i16 = 7;
/// The version of jsonb's binary format, before its text.
const JSONB_VERSION: u8 = 1;
/// Rows are handed over in pieces of about this size: smaller ones cost more than writing them, and a larger one would
/// hold a batch in memory twice.
const PIECE_BYTES: usize = 256 << 10;

/// An event, and the numbers of its service and its host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'e> {
    pub(super) event: &'e Event,
    pub(super) service_id: i32,
    pub(super) host_id: i32,
}

/// Writes rows.
pub(super) struct Writer {
    out: BytesMut,
}

impl Writer {
    pub(super) fn new() -> Self {
        let mut out = BytesMut::with_capacity(PIECE_BYTES + PIECE_BYTES / 8);
        out.put_slice(HEADER);
        Self { out }
    }

    /// Writes a row; returns what to hand over, if that is enough now.
    pub(super) fn put(&mut self, row: Row<'_>) -> Result<Option<Bytes>, Error> {
        let Row { event, service_id, host_id } = row;
        let out = &mut self.out;
        out.put_i16(COLUMNS);
        out.put_i32(8);
        out.put_i64(since_2000(event.occurred_at));
        out.put_i32(16);
        out.put_u128(event.id.as_u128());
        out.put_i32(2);
        out.put_i16(event.level.number().into());
        out.put_i32(4);
        out.put_i32(service_id);
        out.put_i32(4);
        out.put_i32(host_id);
        out.put_i32(length(event.message.len())?);
        out.put_slice(event.message.as_bytes());
        let at = out.len();
        out.put_i32(0);
        out.put_u8(JSONB_VERSION);
        serde_json::to_writer((&mut *out).writer(), &event.fields)
            .map_err(|error| Error::Rejected(format!("fields: {error}")))?;
        let bytes = length(out.len() - at - 4)?;
        out[at..at + 4].copy_from_slice(&bytes.to_be_bytes());
        Ok((self.out.len() >= PIECE_BYTES).then(|| self.out.split().freeze()))
    }

    /// The rest.
    pub(super) fn finish(mut self) -> Bytes {
        self.out.put_i16(TRAILER);
        self.out.freeze()
    }
}

fn length(bytes: usize) -> Result<i32, Error> {
    i32::try_from(bytes).map_err(|_| Error::Rejected(format!("a text has {bytes} bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::event::Fields;
    use watchkeeper_domain::{EventId, Level};

    fn event(message: &str) -> Event {
        let mut fields = Fields::new();
        fields.insert("é".into(), 7.into());
        Event {
            id: EventId::from_u128(5),
            occurred_at: "2000-01-01T00:00:00.000001Z".parse().unwrap(),
            level: Level::Warn,
            service: String::new(),
            host: String::new(),
            message: message.to_owned(),
            fields,
        }
    }

    #[test]
    fn rows_are_written_as_documented() {
        let row = [
            &[0, 7][..],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5],
            &[0, 0, 0, 2, 0, 5],
            &[0, 0, 0, 4, 0, 0, 0, 2],
            &[0, 0, 0, 4, 0, 0, 0, 3],
            &[0, 0, 0, 2, b'h', b'i'],
            &[0, 0, 0, 9, 1],
            "{\"é\":7}".as_bytes(),
        ]
        .concat();
        let event = event("hi");
        let mut writer = Writer::new();
        assert_eq!(writer.put(Row { event: &event, service_id: 2, host_id: 3 }), Ok(None));
        assert_eq!(writer.finish(), [HEADER, &row, &[0xff, 0xff]].concat());
    }

    #[test]
    fn many_rows_are_handed_over_in_pieces() {
        let event = event(&"x".repeat(PIECE_BYTES / 4));
        let row = Row { event: &event, service_id: 1, host_id: 1 };
        let mut writer = Writer::new();
        let pieces: Vec<_> = (0..8).map(|_| writer.put(row).unwrap().map(|piece| piece.len())).collect();
        assert_eq!(pieces.iter().flatten().count(), 2, "{pieces:?}");
        assert!(pieces.into_iter().flatten().all(|bytes| bytes < 2 * PIECE_BYTES));
    }
}
