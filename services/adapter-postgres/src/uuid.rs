//! Ids of events in columns of type `uuid`.

use bytes::{BufMut as _, BytesMut};
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use watchkeeper_domain::EventId;

/// An id in PostgreSQL's wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Uuid(pub(crate) EventId);

impl ToSql for Uuid {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_u128(self.0.as_u128());
        Ok(IsNull::No)
    }

    accepts!(UUID);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Uuid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let bytes: [u8; 16] = raw.try_into()?;
        Ok(Self(EventId::from_u128(u128::from_be_bytes(bytes))))
    }

    accepts!(UUID);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_and_sorts_in_the_store_as_it_does_here() {
        let id = EventId::given("order-17");
        let mut sent = BytesMut::new();
        Uuid(id).to_sql(&Type::UUID, &mut sent).unwrap();
        assert_eq!(sent[..], id.as_u128().to_be_bytes(), "the first byte counts most, as in the server");
        assert_eq!(Uuid::from_sql(&Type::UUID, &sent).unwrap(), Uuid(id));
        assert!(Uuid::from_sql(&Type::UUID, &sent[1..]).is_err());
    }
}
