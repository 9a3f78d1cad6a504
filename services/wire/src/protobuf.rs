//! Reads protobuf messages field by field, without copying them.
//!
//! Messages of other programs may be large, and generated code takes memory for all of their parts before anybody has
//! counted these: two bytes can become hundreds.

/// The value of a field, by its wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'m> {
    /// Integers, bools and enums.
    Varint(u64),
    /// `fixed64`, `double`.
    Fixed64(u64),
    /// Texts, bytes and messages.
    Bytes(&'m [u8]),
    /// `fixed32`, `float`.
    Fixed32(u32),
}

/// The bytes are no protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A field has fewer bytes than it says.
    #[error("a field ends early")]
    Truncated,
    /// A number has more than 64 bits.
    #[error("a number has more than 64 bits")]
    TooLong,
    /// A field has no number, or an unknown type.
    #[error("a field has no number, or a type that does not exist")]
    NoField,
}

/// The fields of a message, in order; ends after the first malformed one.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'m> {
    rest: &'m [u8],
}

/// The fields of a message.
pub(crate) const fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

impl<'m> Iterator for Fields<'m> {
    type Item = Result<(u64, Value<'m>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'m> Fields<'m> {
    fn field(&mut self) -> Result<(u64, Value<'m>), Malformed> {
        let key = self.varint()?;
        let (number, wire_type) = (key >> 3, key & 7);
        if number == 0 {
            return Err(Malformed::NoField);
        }
        let value = match wire_type {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Malformed::Truncated)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed::NoField),
        };
        Ok((number, value))
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed::TooLong)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'m [u8], Malformed> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(message: &[u8]) -> Result<Vec<(u64, Value<'_>)>, Malformed> {
        fields(message).collect()
    }

    #[test]
    fn every_wire_type_is_read() {
        let message = b"\x08\x96\x01\x11\x01\0\0\0\0\0\0\0\x1a\x02hi\x25\x02\0\0\0";
        let expected = [
            (1, Value::Varint(150)),
            (2, Value::Fixed64(1)),
            (3, Value::Bytes(b"hi")),
            (4, Value::Fixed32(2)),
        ];
        assert_eq!(read(message).unwrap(), expected);
        assert_eq!(
            read(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").unwrap(),
            [(1, Value::Varint(u64::MAX))]
        );
        assert_eq!(read(b"").unwrap(), []);
    }

    #[test]
    fn what_is_malformed_ends_the_message_with_a_reason() {
        for (message, error) in [
            (&b"\x0a\x05abc"[..], Malformed::Truncated),
            (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Malformed::Truncated),
            (b"\x08", Malformed::Truncated),
            (b"\x11\0\0", Malformed::Truncated),
            (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", Malformed::TooLong),
            (b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", Malformed::TooLong),
            (b"\x00\x01", Malformed::NoField),
            (b"\x0b", Malformed::NoField),
            (b"\x0f", Malformed::NoField),
        ] {
            assert_eq!(read(message), Err(error), "{message:x?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(message in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&message);
        }
    }
}
