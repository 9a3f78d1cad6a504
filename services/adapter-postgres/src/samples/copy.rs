//! Rows in COPY's binary format (PostgreSQL's documentation, COPY, "Binary Format").

use super::rows::Row;
use crate::instant::since_2000;
use bytes::{BufMut as _, Bytes, BytesMut};

/// The statement that reads them.
pub(super) const COPY: &str = "COPY samples (series_id, at, value) FROM STDIN (FORMAT binary)";

/// The header: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
const COLUMNS: i16 = 3;
/// Each column has 8 bytes.
const COLUMN_BYTES: i32 = 8;
/// A row: the number of columns, and each with its length.
const ROW_BYTES: usize = 2 + 3 * (4 + 8);

/// The rows, to be sent in one piece: handing over a few kilobytes at a time costs more than writing them.
pub(super) fn encode(rows: &[Row]) -> Bytes {
    let mut out = BytesMut::with_capacity(HEADER.len() + rows.len() * ROW_BYTES + size_of_val(&TRAILER));
    out.put_slice(HEADER);
    for row in rows {
        out.put_i16(COLUMNS);
        out.put_i32(COLUMN_BYTES);
        out.put_i64(row.series_id);
        out.put_i32(COLUMN_BYTES);
        out.put_i64(since_2000(row.at));
        out.put_i32(COLUMN_BYTES);
        out.put_f64(row.value);
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
            &[0, 3][..],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0, 0, 0, 8, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(row.len(), ROW_BYTES);
        let expected = [HEADER, &row, &row, &[0xff, 0xff]].concat();
        assert_eq!(encode(&[Row { series_id: 7, at, value: 1.0 }; 2]), expected);
    }
}
