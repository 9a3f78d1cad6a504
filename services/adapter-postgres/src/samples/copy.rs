//! Rows in COPY's binary format (PostgreSQL's documentation, COPY, "Binary Format").

use super::rows::Row;
use crate::instant::since_2000;
use bytes::{BufMut as _, Bytes, BytesMut};

/// The statement that reads them.
pub(super) const COPY: &str = "COPY samples (series_id, at, value, note) FROM STDIN (FORMAT binary)";

/// The header: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
const COLUMNS: i16 = 4;
/// Each column but the note has 8 bytes.
const COLUMN_BYTES: i32 = 8;
/// The length of NULL.
const NO_NOTE: i32 = -1;
/// A row without a note: the number of columns, and each with its length.
const ROW_BYTES: usize = 2 + 3 * (4 + 8) + 4;

/// The rows, to be sent in one piece: handing over a few kilobytes at a time costs more than writing them.
pub(super) fn encode(rows: &[Row<'_>]) -> Bytes {
    let notes: usize = rows.iter().filter_map(|row| row.note).map(str::len).sum();
    let bytes = HEADER.len() + rows.len() * ROW_BYTES + notes + size_of_val(&TRAILER);
    let mut out = BytesMut::with_capacity(bytes);
    out.put_slice(HEADER);
    for row in rows {
        out.put_i16(COLUMNS);
        out.put_i32(COLUMN_BYTES);
        out.put_i64(row.series_id);
        out.put_i32(COLUMN_BYTES);
        out.put_i64(since_2000(row.at));
        out.put_i32(COLUMN_BYTES);
        out.put_f64(row.value);
        match row.note {
            None => out.put_i32(NO_NOTE),
            Some(note) => {
                out.put_i32(i32::try_from(note.len()).expect("a note is short"));
                out.put_slice(note.as_bytes());
            }
        }
    }
    out.put_i16(TRAILER);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_documented() {
        let at = "2000-01-01T00:00:00.000001Z".parse().unwrap();
        let row = [
            &[0, 4][..],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0, 0, 0, 8, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        let plain = [&row[..], &[0xff; 4]].concat();
        assert_eq!(plain.len(), ROW_BYTES);
        let noted = [&row[..], &[0, 0, 0, 2], "é".as_bytes()].concat();
        let expected = [HEADER, &plain, &noted, &[0xff, 0xff]].concat();
        let row = Row { series_id: 7, at, value: 1.0, note: None };
        assert_eq!(encode(&[row, Row { note: Some("é"), ..row }]), expected);
    }
}
