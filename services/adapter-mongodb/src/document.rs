//! Series and rollups as statements of the commands `update` and `delete`.

use mongodb::bson::raw::{CStr, cstr};
use mongodb::bson::{DateTime, RawArrayBuf, RawDocumentBuf, oid::ObjectId, rawdoc};
use watchkeeper_domain::{Rollup, Series, Timestamp, Window};

/// Each statement matches at most one document, but claims that it may be several: for each statement limited
/// to one document, `FerretDB` 1.24 holds a connection to its own database until the whole command is done,
/// and hangs when it runs out of connections.
const MULTI: bool = true;
/// The same in a statement of the command `delete`.
const NO_LIMIT: i32 = 0;

/// The instant in MongoDB's milliseconds, rounded up: the starts of windows, which are whole hours, are
/// before an instant exactly if they are before the rounded one.
pub(crate) fn date(at: Timestamp) -> DateTime {
    const MICROS: i64 = 1_000;
    DateTime::from_millis((at.as_micros() + MICROS - 1) / MICROS)
}

/// The field of a series with the start of its latest window of this length.
pub(crate) fn latest(window: Window) -> &'static CStr {
    match window {
        Window::Hour => cstr!("latest.hour"),
        Window::Day => cstr!("latest.day"),
    }
}

/// Registers the series, and that it has a window that starts at `start`.
pub(crate) fn know(series: &Series, window: Window, start: Timestamp) -> RawDocumentBuf {
    let mut newest = RawDocumentBuf::new();
    newest.append(latest(window), date(start));
    upsert(series.key(), rawdoc! { "$setOnInsert": keyed(series), "$max": newest })
}

/// Updates the document with this id, or inserts it.
pub(crate) fn upsert(id: &str, update: RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! { "q": { "_id": id }, "u": update, "upsert": true, "multi": MULTI }
}

/// Deletes the document with this id, which the client generated.
pub(crate) fn delete(id: ObjectId) -> RawDocumentBuf {
    rawdoc! { "q": { "_id": id }, "limit": NO_LIMIT }
}

/// The id of a rollup: `hour/2026-11-20T10:00:00Z/host/load`.
pub(crate) fn rollup_id(series_key: &str, window: Window, start: Timestamp) -> String {
    format!("{}/{start}/{series_key}", window.name())
}

/// Unsets the latest window of the series with this id if that starts before `before`.
pub(crate) fn forget_latest(id: &str, window: Window, before: DateTime) -> RawDocumentBuf {
    let (mut old, mut field) = (rawdoc! { "_id": id }, RawDocumentBuf::new());
    old.append(latest(window), rawdoc! { "$lt": before });
    field.append(latest(window), "");
    rawdoc! { "q": old, "u": { "$unset": field }, "multi": MULTI }
}

/// Inserts the rollup if there is none.
pub(crate) fn insert(series: &Series, window: Window, rollup: &Rollup) -> RawDocumentBuf {
    let mut whole = keyed(series);
    whole.append(cstr!("window"), window.name());
    whole.append(cstr!("start"), date(rollup.start));
    whole.append(cstr!("avg"), rollup.avg);
    whole.append(cstr!("min"), rollup.min);
    whole.append(cstr!("max"), rollup.max);
    whole.append(cstr!("count"), count(rollup));
    whole.append(cstr!("p95"), rollup.p95);
    upsert(&rollup_id(series.key(), window, rollup.start), rawdoc! { "$setOnInsert": whole })
}

/// Replaces the existing rollup, unless that aggregates more samples.
pub(crate) fn replace(id: &str, rollup: &Rollup) -> RawDocumentBuf {
    let &Rollup { start: _, avg, min, max, count: _, p95 } = rollup;
    let count = count(rollup);
    rawdoc! {
        "q": { "_id": id, "count": { "$lte": count } },
        "u": { "$set": { "avg": avg, "min": min, "max": max, "count": count, "p95": p95 } },
        "multi": MULTI,
    }
}

fn keyed(series: &Series) -> RawDocumentBuf {
    let labels: RawArrayBuf =
        series.labels().map(|(name, value)| rawdoc! { "name": name, "value": value }).collect();
    rawdoc! {
        "key": series.key(),
        "source": series.source(),
        "name": series.name(),
        "unit": series.unit(),
        "labels": labels,
    }
}

/// MongoDB has no unsigned integers; no rollup aggregates more samples than its largest.
fn count(rollup: &Rollup) -> i64 {
    i64::try_from(rollup.count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_instant_between_two_milliseconds_becomes_the_later() {
        let at = |micros| date(Timestamp::from_micros(micros).unwrap()).timestamp_millis();
        assert_eq!([at(0), at(1), at(999), at(1_000), at(1_001)], [0, 1, 1, 1, 2]);
        assert_eq!(date(Timestamp::MAX).timestamp_millis(), Timestamp::MAX.as_micros() / 1_000 + 1);
    }

    #[test]
    fn a_window_starts_before_an_instant_exactly_if_their_dates_say_so() {
        let start = Window::Hour.start("2026-11-20T10:00:00Z".parse().unwrap());
        for by in [0, 1, 999, 1_000].map(Duration::from_micros) {
            for at in [start.plus(by), start.minus(by)] {
                assert_eq!(date(start) < date(at), start < at, "{at}");
            }
        }
    }

    #[test]
    fn a_label_may_be_called_anything() {
        let series = Series::new("host", "load", "", &[("a.b", "$1"), ("name", "")]).unwrap();
        let labels = [rawdoc! { "name": "a.b", "value": "$1" }, rawdoc! { "name": "name", "value": "" }];
        let labels: RawArrayBuf = labels.into_iter().collect();
        let key = r#"host/load{a.b="$1",name=""}"#;
        let expected = rawdoc! { "key": key, "source": "host", "name": "load", "unit": "", "labels": labels };
        assert_eq!(keyed(&series), expected);
    }
}
