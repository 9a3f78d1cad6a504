//! Instants in columns of type `timestamptz`.

use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use watchkeeper_domain::Timestamp;

/// PostgreSQL counts microseconds from 2000-01-01T00:00:00Z.
pub(crate) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// An instant in PostgreSQL's wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Instant(pub(crate) Timestamp);

/// Microseconds from PostgreSQL's epoch to `at`; negative before it.
pub(crate) fn since_2000(at: Timestamp) -> i64 {
    at.as_micros() - EPOCH_MICROS
}

impl ToSql for Instant {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        since_2000(self.0).to_sql(&Type::INT8, out)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Instant {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let since_2000 = i64::from_sql(&Type::INT8, raw)?;
        let at = since_2000.checked_add(EPOCH_MICROS).and_then(Timestamp::from_micros);
        at.map(Self).ok_or_else(|| "a row holds an instant outside 1970 to 9999".into())
    }

    accepts!(TIMESTAMPTZ);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(at: Timestamp) -> Timestamp {
        let mut sent = BytesMut::new();
        Instant(at).to_sql(&Type::TIMESTAMPTZ, &mut sent).unwrap();
        Instant::from_sql(&Type::TIMESTAMPTZ, &sent).unwrap().0
    }

    #[test]
    fn instants_come_back_exactly() {
        for at in [Timestamp::MIN, Timestamp::MAX, "2026-11-20T10:00:00.123456Z".parse().unwrap()] {
            assert_eq!(there_and_back(at), at);
        }
    }

    #[test]
    fn the_epoch_is_that_of_postgresql() {
        let mut sent = BytesMut::new();
        let epoch: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
        Instant(epoch).to_sql(&Type::TIMESTAMPTZ, &mut sent).unwrap();
        assert_eq!(sent[..], [0; 8]);
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for micros in [i64::MIN, -EPOCH_MICROS - 1, i64::MAX] {
            assert!(Instant::from_sql(&Type::TIMESTAMPTZ, &micros.to_be_bytes()).is_err(), "{micros}");
        }
    }
}
