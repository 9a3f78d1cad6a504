//! Instants in columns: microseconds since the epoch.

use super::error::Error;
use watchkeeper_domain::Timestamp;

pub(crate) fn timestamp(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_micros(micros).ok_or_else(|| {
        Error::Broken(format!("a row holds {micros} µs, which is not an instant from 1970 to 9999"))
    })
}
