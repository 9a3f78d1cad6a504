//! The location of a dead letter on its topic.

use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::Violation;
use watchkeeper_ports::Offset;

/// A location on a dead-letter topic, written `partition/offset`: `0/42`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The partition.
    pub partition: u32,
    /// The offset in the partition.
    pub offset: Offset,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

impl FromStr for Place {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let numbers = text.split_once('/').and_then(|(partition, offset)| {
            Some(Self { partition: partition.parse().ok()?, offset: offset.parse().ok()? })
        });
        numbers.ok_or_else(|| Violation::new("place", "must be partition/offset, such as 0/42"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let place = Place { partition: 3, offset: 42 };
        assert_eq!(place.to_string(), "3/42");
        assert_eq!("3/42".parse(), Ok(place));
        for text in ["", "3", "3/", "/42", "3/42/1", "-1/0", "4294967296/0"] {
            let error = text.parse::<Place>().unwrap_err();
            assert_eq!(error.to_string(), "place: must be partition/offset, such as 0/42", "{text}");
        }
    }
}
