//! Series and rollups as statements of the command `update`.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::raw::{CStr, cstr};
use mongodb::bson::{DateTime, RawArrayBuf, RawDocumentBuf, rawdoc};
use watchkeeper_domain::{Rollup, Series, Timestamp, Window};

/// The instant as MongoDB has it, in milliseconds. One between two becomes the later: the starts of windows,
/// which are whole hours, are before an instant exactly if they are before that.
pub(crate) fn date(at: Timestamp) -> DateTime {
    const MICROS: i64 = 1_000;
    DateTime::from_millis((at.as_micros() + MICROS - 1) / MICROS)
}

/// The field of a series that holds the start of its latest window of that length.
pub(crate) fn latest(window: Window) -> &'static CStr {
    match window {
        Window::Hour => cstr!("latest.hour"),
        Window::Day => cstr!("latest.day"),
    }
}

/// Makes the series known, and that it has a window that starts at `start`.
pub(crate) fn know(series: &Series, window: Window, start: Timestamp) -> RawDocumentBuf {
    let mut newest = RawDocumentBuf::new();
    newest.append(latest(window), date(start));
    rawdoc! {
        "q": { "key": series.key() },
        "u": { "$setOnInsert": described(series), "$max": newest },
        "upsert": true,
    }
}

/// Takes its latest window from the series of this id if that starts before `before`.
pub(crate) fn forget_latest(id: ObjectId, window: Window, before: DateTime) -> RawDocumentBuf {
    let (mut old, mut field) = (rawdoc! { "_id": id }, RawDocumentBuf::new());
    old.append(latest(window), rawdoc! { "$lt": before });
    field.append(latest(window), "");
    rawdoc! { "q": old, "u": { "$unset": field } }
}

/// Stores the rollup where there is none yet.
pub(crate) fn insert(series: &Series, window: Window, rollup: &Rollup) -> RawDocumentBuf {
    let mut whole = described(series);
    whole.append(cstr!("avg"), rollup.avg);
    whole.append(cstr!("min"), rollup.min);
    whole.append(cstr!("max"), rollup.max);
    whole.append(cstr!("count"), count(rollup));
    whole.append(cstr!("p95"), rollup.p95);
    rawdoc! {
        "q": { "window": window.name(), "key": series.key(), "start": date(rollup.start) },
        "u": { "$setOnInsert": whole },
        "upsert": true,
    }
}

/// Puts the rollup in the place of the one that is there, unless that was made of more samples.
pub(crate) fn replace(series: &Series, window: Window, rollup: &Rollup) -> RawDocumentBuf {
    let &Rollup { start, avg, min, max, count: _, p95 } = rollup;
    let count = count(rollup);
    rawdoc! {
        "q": {
            "window": window.name(),
            "key": series.key(),
            "start": date(start),
            "count": { "$lte": count },
        },
        "u": { "$set": { "avg": avg, "min": min, "max": max, "count": count, "p95": p95 } },
    }
}

/// A series but for its key.
fn described(series: &Series) -> RawDocumentBuf {
    let labels: RawArrayBuf =
        series.labels().map(|(name, value)| rawdoc! { "name": name, "value": value }).collect();
    rawdoc! {
        "source": series.source(),
        "name": series.name(),
        "unit": series.unit(),
        "labels": labels,
    }
}

/// MongoDB has no unsigned numbers; nobody makes a rollup of more samples than its largest.
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
        let expected = rawdoc! { "source": "host", "name": "load", "unit": "", "labels": labels };
        assert_eq!(described(&series), expected);
    }
}
