//! Size limits of records, the same on every bus.
//!
//! A bus accepts what is within these limits and refuses what is larger. Records of other programs may be
//! larger: a bus delivers their head, and says what it omitted ([`Incomplete`]). So no record on a topic
//! takes more memory than this.

use crate::incomplete::{Cut, Incomplete};
use crate::{Header, Record, RecordBatch};

/// Most bytes of a record's key and value together; Kafka's own default.
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// Most bytes of a record's headers: their names and values, plus [`HEADER_OVERHEAD_BYTES`] for each. Counted
/// apart from the record, so that a record of the largest size still fits when it becomes a dead letter with
/// a reason.
pub const MAX_HEADER_BYTES: usize = 64 << 10;
/// Bytes that a header counts on top of its name and value: about its overhead in memory, so that many empty
/// headers are bounded too.
pub const HEADER_OVERHEAD_BYTES: usize = 64;
/// Bytes that a record counts in a batch on top of its key, value and headers: about its overhead in a bus
/// while it is in flight.
pub const RECORD_OVERHEAD_BYTES: usize = 256;
/// Every bus accepts a batch of this many bytes ([`RecordBatch::published_bytes`]); some accept larger ones.
pub const BATCH_BYTES_TAKEN: usize = 8 << 20;

/// Bytes that are kept of a key that is cut.
pub const KEY_HEAD_BYTES: usize = 1 << 10;
/// Bytes that are kept of a value that is cut.
pub const VALUE_HEAD_BYTES: usize = 4 << 10;
/// Most bytes of the first headers that are kept when headers are cut.
pub const HEADERS_HEAD_BYTES: usize = 8 << 10;

/// Checks a batch against the limits that every bus enforces; reports the first record that exceeds one.
///
/// # Errors
/// The reason, with the limit.
pub fn check(batch: &RecordBatch) -> Result<(), String> {
    batch.iter().try_for_each(check_record)
}

/// Checks one record likewise.
///
/// # Errors
/// The reason, with the limit.
pub fn check_record(record: Record<'_>) -> Result<(), String> {
    refuse_above("a record", record.key.len() + record.value.len(), MAX_RECORD_BYTES)?;
    refuse_above("a header block", header_bytes(record.headers), MAX_HEADER_BYTES)?;
    if record.headers.iter().any(|(name, _)| name.contains('\0')) {
        return Err("a header name contains NUL, which Kafka's clients do not read".to_owned());
    }
    if record.incomplete.is_some() {
        return Err("the record is incomplete".to_owned());
    }
    Ok(())
}

fn refuse_above(what: &str, bytes: usize, limit: usize) -> Result<(), String> {
    if bytes <= limit { Ok(()) } else { Err(format!("{what} has {bytes} bytes, the limit is {limit}")) }
}

/// The size of headers, with [`HEADER_OVERHEAD_BYTES`] for each.
pub fn header_bytes(headers: &[Header]) -> usize {
    headers.iter().map(bytes_of).sum()
}

fn bytes_of((name, value): &Header) -> usize {
    HEADER_OVERHEAD_BYTES + name.len() + value.len()
}

/// How much of a record to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Key and value are kept whole up to this many bytes together.
    pub record_bytes: usize,
    /// Headers are kept whole up to this many bytes together.
    pub header_bytes: usize,
}

impl Room {
    /// What a bus accepts and delivers.
    pub const OF_A_RECORD: Self = Self { record_bytes: MAX_RECORD_BYTES, header_bytes: MAX_HEADER_BYTES };
    /// Only the head, however small the record is.
    pub const OF_A_HEAD: Self = Self { record_bytes: 0, header_bytes: HEADERS_HEAD_BYTES };
}

/// The part of a record that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<'a> {
    /// Its key, or the head of it.
    pub key: &'a [u8],
    /// Its value, or the head of it.
    pub value: &'a [u8],
    /// Its headers, or the first of them.
    pub headers: Vec<Header>,
    /// What was omitted, if anything.
    pub cut: Option<Cut>,
}

impl<'a> Kept<'a> {
    /// Keeps as much of a record as there is room for: what does not fit is cut to its head.
    pub fn of(key: &'a [u8], value: &'a [u8], headers: impl Iterator<Item = Header>, room: Room) -> Self {
        let headers = KeptHeaders::of(headers, room.header_bytes);
        let fits = key.len() + value.len() <= room.record_bytes;
        if fits && headers.left_out == 0 {
            return Self { key, value, headers: headers.kept, cut: None };
        }
        let cut = Cut {
            key_bytes: key.len() as u64,
            value_bytes: value.len() as u64,
            value_sha256: Cut::sha256(value),
            headers_left_out: headers.left_out,
            header_bytes_left_out: headers.bytes_left_out,
        };
        let (key, value) =
            if fits { (key, value) } else { (head(key, KEY_HEAD_BYTES), head(value, VALUE_HEAD_BYTES)) };
        Self { key, value, headers: headers.kept, cut: Some(cut) }
    }
}

impl From<Cut> for Incomplete {
    fn from(cut: Cut) -> Self {
        Self::Cut(cut)
    }
}

fn head(bytes: &[u8], most: usize) -> &[u8] {
    &bytes[..bytes.len().min(most)]
}

/// The headers that are kept, and the size of the others.
struct KeptHeaders {
    kept: Vec<Header>,
    left_out: u64,
    bytes_left_out: u64,
}

impl KeptHeaders {
    /// Keeps all headers that can be published, or the first ones if they are too many. Never holds more than
    /// `most` bytes of them.
    fn of(headers: impl Iterator<Item = Header>, most: usize) -> Self {
        let mut all = Self { kept: Vec::new(), left_out: 0, bytes_left_out: 0 };
        let (mut bytes, mut are_too_many) = (0, false);
        for header in headers {
            let more = bytes_of(&header);
            if header.0.contains('\0') {
                all.leave_out(more);
                continue;
            }
            are_too_many |= bytes + more > most;
            if are_too_many {
                all.leave_out(more);
                continue;
            }
            bytes += more;
            all.kept.push(header);
        }
        while are_too_many
            && bytes > HEADERS_HEAD_BYTES
            && let Some(last) = all.kept.pop()
        {
            bytes -= bytes_of(&last);
            all.leave_out(bytes_of(&last));
        }
        all
    }

    fn leave_out(&mut self, bytes: usize) {
        self.left_out += 1;
        self.bytes_left_out += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BatchBuilder;
    use crate::incomplete::Unreadable;

    fn header(name: &str, bytes: usize) -> Header {
        (name.to_owned(), "x".repeat(bytes - HEADER_OVERHEAD_BYTES - name.len()))
    }

    fn refused(key: &[u8], value: &[u8], headers: &[Header]) -> Option<String> {
        check_record(Record { key, value, headers, incomplete: None }).err()
    }

    fn kept<'a>(key: &'a [u8], value: &'a [u8], headers: &[Header]) -> Kept<'a> {
        Kept::of(key, value, headers.iter().cloned(), Room::OF_A_RECORD)
    }

    #[test]
    fn a_record_is_taken_and_kept_whole_at_the_limit_and_refused_and_cut_past_it() {
        let value = vec![7; MAX_RECORD_BYTES];
        assert_eq!(refused(b"", &value, &[]), None);
        assert_eq!(kept(b"", &value, &[]), Kept { key: b"", value: &value, headers: vec![], cut: None });
        assert_eq!(refused(b"k", &value, &[]).unwrap(), "a record has 1048577 bytes, the limit is 1048576");
        let Kept { key, value: head, cut, .. } = kept(b"k", &value, &[]);
        assert_eq!((key, head), (&b"k"[..], &value[..VALUE_HEAD_BYTES]));
        let cut = cut.unwrap();
        assert_eq!((cut.key_bytes, cut.value_bytes), (1, MAX_RECORD_BYTES as u64));
        assert_eq!(cut.value_sha256, Cut::sha256(&value));
    }

    #[test]
    fn headers_are_taken_and_kept_at_the_limit_and_refused_and_cut_past_it() {
        let at_the_limit = [header("a", MAX_HEADER_BYTES / 2), header("b", MAX_HEADER_BYTES / 2)];
        assert_eq!(refused(b"k", b"v", &at_the_limit), None);
        assert_eq!(kept(b"k", b"v", &at_the_limit).cut, None);
        let past = [header("a", MAX_HEADER_BYTES / 2), header("b", MAX_HEADER_BYTES / 2 + 1)];
        assert_eq!(refused(b"k", b"v", &past).unwrap(), "a header block has 65537 bytes, the limit is 65536");
        let Kept { key, value, headers, cut } = kept(b"k", b"v", &past);
        assert_eq!((key, value, headers), (&b"k"[..], &b"v"[..], vec![]), "the record itself is whole");
        let cut = cut.unwrap();
        assert_eq!((cut.headers_left_out, cut.header_bytes_left_out), (2, MAX_HEADER_BYTES as u64 + 1));
    }

    #[test]
    fn of_many_small_headers_the_first_are_kept_however_little_they_say() {
        let empty = vec![(String::new(), String::new()); 40_000];
        assert!(refused(b"k", b"v", &empty).is_some());
        let Kept { headers, cut, .. } = kept(b"k", b"v", &empty);
        assert_eq!(headers.len(), HEADERS_HEAD_BYTES / HEADER_OVERHEAD_BYTES);
        assert_eq!(cut.unwrap().headers_left_out, 40_000 - headers.len() as u64);
    }

    #[test]
    fn a_header_that_would_come_back_shorter_is_refused_and_left_out() {
        let headers = [("a\0b".to_owned(), String::new()), ("c".to_owned(), "d".to_owned())];
        assert!(refused(b"k", b"v", &headers).unwrap().contains("NUL"));
        let Kept { headers: kept, cut, .. } = kept(b"k", b"v", &headers);
        assert_eq!((kept, cut.unwrap().headers_left_out), (headers[1..].to_vec(), 1));
    }

    #[test]
    fn what_is_kept_of_anything_is_taken() {
        for (key, value, headers) in [
            (3 << 20, 5, 100),
            (5, 3 << 20, 100),
            (1 << 20, 1 << 20, 70_000),
            (MAX_RECORD_BYTES, 0, MAX_HEADER_BYTES + 1),
        ] {
            let (key, value) = (vec![1; key], vec![2; value]);
            let headers = [header("n", headers)];
            let Kept { key, value, headers, .. } = kept(&key, &value, &headers);
            assert_eq!(refused(key, value, &headers), None);
        }
    }

    #[test]
    fn a_record_that_is_not_whole_is_not_published_as_if_it_were() {
        let mut batch = BatchBuilder::default();
        batch.push_received(b"k", &vec![b' '; MAX_RECORD_BYTES + 1], std::iter::empty());
        assert_eq!(check(&batch.finish()).unwrap_err(), "the record is incomplete");
        let mut batch = BatchBuilder::default();
        batch.push_unreadable(Unreadable { next: 7, reason: "damaged".to_owned() });
        assert_eq!(check(&batch.finish()).unwrap_err(), "the record is incomplete");
    }
}
