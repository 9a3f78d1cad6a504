//! Reads stored rollups.

use crate::server::Unreadable;
use mongodb::bson::{DateTime, Document, RawDocument, deserialize_from_slice, doc};
use serde::Deserialize;
use watchkeeper_domain::{Rollup, Timestamp};

/// The relevant fields of a document.
#[derive(Deserialize)]
struct Stored<'a> {
    key: &'a str,
    start: DateTime,
    avg: f64,
    min: f64,
    max: f64,
    count: u64,
    p95: f64,
}

pub(crate) fn fields() -> Document {
    doc! { "_id": 0, "key": 1, "start": 1, "avg": 1, "min": 1, "max": 1, "count": 1, "p95": 1 }
}

/// The key of a rollup's series, and the rollup.
pub(crate) fn read(document: &RawDocument) -> Result<(&str, Rollup), Unreadable> {
    let Stored { key, start, avg, min, max, count, p95 } = deserialize_from_slice(document.as_bytes())?;
    let micros = start.timestamp_millis().checked_mul(1_000);
    let start = micros.and_then(Timestamp::from_micros).ok_or("its start is out of range")?;
    Ok((key, Rollup { start, avg, min, max, count, p95 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use mongodb::bson::{RawDocumentBuf, deserialize_from_slice, rawdoc};
    use proptest::collection::vec;
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    use proptest::prelude::*;
    use watchkeeper_domain::{Series, Window};

    /// The document that the server stores for the statement that inserts a rollup.
    fn inserted(series: &Series, rollup: &Rollup) -> RawDocumentBuf {
        let statement = document::insert(series, Window::Hour, rollup);
        let statement: Document = deserialize_from_slice(statement.as_bytes()).unwrap();
        let insert = statement.get_document("u").unwrap().get_document("$setOnInsert").unwrap();
        RawDocumentBuf::try_from(insert).unwrap()
    }

    proptest! {
        #[test]
        fn a_rollup_is_read_as_it_was_written(
            hour in 0..Timestamp::MAX.as_micros() / 3_600_000_000,
            numbers in vec(POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO, 4),
            count in 1..=u64::MAX / 2,
        ) {
            let series = Series::new("host", "load", "", &[("host", "a")]).unwrap();
            let start = Timestamp::from_micros(hour * 3_600_000_000).unwrap();
            let rollup =
                Rollup { start, avg: numbers[0], min: numbers[1], max: numbers[2], count, p95: numbers[3] };
            let document = inserted(&series, &rollup);
            prop_assert_eq!(read(&document).unwrap(), (series.key(), rollup));
        }

        #[test]
        fn no_bytes_are_too_much(bytes in vec(any::<u8>(), 0..200)) {
            if let Ok(document) = RawDocument::from_bytes(&bytes) {
                let _ = read(document);
            }
        }
    }

    #[test]
    fn what_is_no_rollup_is_said_to_be_none() {
        let document = |start: DateTime, count: i64| {
            rawdoc! { "key": "host/load", "start": start, "avg": 1, "min": 1, "max": 1, "count": count, "p95": 1 }
        };
        let now = DateTime::from_millis(0);
        assert!(read(&document(now, 1)).is_ok());
        for broken in [document(DateTime::MAX, 1), document(DateTime::MIN, 1), document(now, -1), rawdoc! {}]
        {
            assert!(read(&broken).is_err(), "{broken:?}");
        }
    }
}
