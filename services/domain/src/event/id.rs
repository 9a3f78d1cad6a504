//! The identity of an event.

use crate::Timestamp;
use ring::digest::{SHA256, digest};
use std::fmt;
use std::str::FromStr;

/// Longest id that a producer may give, in bytes.
pub const MAX_GIVEN_ID_BYTES: usize = 256;

/// The identity of an event: a UUID (RFC 9562).
///
/// A producer may give an id, which is any text: its hash is a UUID of version 8. Events without one get a UUID of
/// version 7, so that those of one instant sort by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(u128);

/// The text is not the id of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID, such as 019adf3c-5d20-7000-8000-00003a5f1c2b")]
pub struct EventIdError;

const VERSION_AT: u32 = 76;
const VARIANT: u128 = 0b10 << 62;
const COUNTER_BITS: u32 = 42;
const MAX_COUNTER: u64 = (1 << COUNTER_BITS) - 1;

impl EventId {
    /// The id of an event to which its producer gave `id`.
    #[must_use]
    pub fn given(id: &str) -> Self {
        let hash = digest(&SHA256, id.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_ref()[..16]);
        Self(stamped(u128::from_be_bytes(bytes), 8))
    }

    /// The id of an event that is the record at `offset` of a partition. The same record always has the same id;
    /// `partition` is a hash of the partition and its topic's id.
    #[must_use]
    pub fn of_record(appended_at: Timestamp, offset: u64, partition: u32) -> Self {
        Self::in_order(millis(appended_at), offset & MAX_COUNTER, partition)
    }

    /// The id of an event that may be sent again without an id: the same `content` always has the same id. It happened at `at`
    /// and `nanos` nanoseconds, as the event with the number `nth` of those that were sent together, in whose order ids sort.
    #[must_use]
    pub fn of_content(at: Timestamp, nanos: u16, nth: u32, content: &[u8]) -> Self {
        let hash = digest(&SHA256, content);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_ref()[..8]);
        let hash = u64::from_be_bytes(bytes);
        // 10 bits for a number below 1,000, 16 bits, and what is left of the counter.
        let order = u64::from(nanos.min(999)) << 32 | u64::from(nth.min(u16::MAX.into())) << 16 | hash >> 48;
        #[expect(clippy::cast_possible_truncation, reason = "its lower half")]
        Self::in_order(millis(at), order, hash as u32)
    }

    fn in_order(millis: u64, counter: u64, rest: u32) -> Self {
        let (high, low) = (counter >> 30, counter & ((1 << 30) - 1));
        let id = u128::from(millis & ((1 << 48) - 1)) << 80
            | u128::from(high) << 64
            | u128::from(low) << 32
            | u128::from(rest);
        Self(stamped(id, 7))
    }

    /// Whether its producer gave it: then it may come again with another time.
    #[must_use]
    pub const fn is_given(self) -> bool {
        (self.0 >> VERSION_AT) & 0xf == 8
    }

    /// As a number, for stores.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// From [`Self::as_u128`].
    #[must_use]
    pub const fn from_u128(id: u128) -> Self {
        Self(id)
    }
}

const fn stamped(id: u128, version: u128) -> u128 {
    let cleared = id & !(0xf << VERSION_AT) & !(0b11 << 62);
    cleared | version << VERSION_AT | VARIANT
}

fn millis(at: Timestamp) -> u64 {
    at.as_micros().unsigned_abs() / 1000
}

/// As a UUID.
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// A UUID, with or without hyphens.
impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, EventIdError> {
        let is_uuid = match text.len() {
            32 => text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            36 => text.bytes().enumerate().all(|(index, byte)| match index {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            }),
            _ => false,
        };
        if !is_uuid {
            return Err(EventIdError);
        }
        let digits = text.bytes().filter_map(|byte| char::from(byte).to_digit(16));
        Ok(Self(digits.fold(0, |id, digit| id << 4 | u128::from(digit))))
    }
}

/// Makes ids in order of arrival.
#[derive(Debug)]
pub struct EventIds {
    millis: u64,
    counter: u64,
    process: u32,
}

impl EventIds {
    /// `process` is a random number, which tells the ids of two processes apart.
    #[must_use]
    pub const fn new(process: u32) -> Self {
        Self { millis: 0, counter: 0, process }
    }

    /// The next id; greater than all before, also after the clock was set back.
    pub fn next(&mut self, now: Timestamp) -> EventId {
        let millis = millis(now);
        if millis > self.millis {
            (self.millis, self.counter) = (millis, 0);
        } else {
            self.counter += 1;
            if self.counter > MAX_COUNTER {
                (self.millis, self.counter) = (self.millis + 1, 0);
            }
        }
        EventId::in_order(self.millis, self.counter, self.process)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_same_text_gives_the_same_id_of_version_8() {
        let id = EventId::given("order-17");
        assert_eq!(id, EventId::given("order-17"));
        assert_ne!(id, EventId::given("order-18"));
        assert!(id.is_given());
        assert_eq!(&id.to_string()[14..15], "8");
        assert!("89ab".contains(&id.to_string()[19..20]));
    }

    #[test]
    fn the_same_content_has_the_same_id_and_ids_sort_by_time_then_in_the_order_of_sending() {
        let (early, late) = (at("2026-11-20T10:00:00Z"), at("2026-11-20T10:00:01Z"));
        let id = EventId::of_content(early, 0, 0, b"shop: started");
        assert_eq!(id, EventId::of_content(early, 0, 0, b"shop: started"));
        assert_ne!(id, EventId::of_content(early, 0, 0, b"shop: stopped"));
        assert!(!id.is_given());
        let sent = [
            (early, 0, 0),
            (early, 0, 1),
            (early, 0, u32::MAX),
            (early, 1, 0),
            (early, 999, 9),
            (late, 0, 0),
        ];
        let ids = |content: &[u8]| sent.map(|(at, nanos, nth)| EventId::of_content(at, nanos, nth, content));
        assert!(ids(b"a").is_sorted_by(|one, other| one < other));
        assert!(ids(b"b").is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn ids_are_in_order_of_arrival_even_if_the_clock_goes_back() {
        let mut ids = EventIds::new(7);
        let times =
            ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z", "2026-11-20T09:00:00Z", "2026-11-20T10:00:01Z"];
        let made = times.map(|time| ids.next(at(time)));
        assert!(made.is_sorted_by(|one, other| one < other), "{made:?}");
        assert!(made.iter().all(|id| !id.is_given()));
        assert_eq!(made[0].to_string(), "01a1f866-0d00-7000-8000-000000000007");
    }

    #[test]
    fn a_full_counter_borrows_from_the_next_millisecond() {
        let mut ids = EventIds { millis: 5, counter: MAX_COUNTER, process: 0 };
        let last = EventId::in_order(5, MAX_COUNTER, 0);
        assert!(ids.next(Timestamp::MIN) > last);
        assert_eq!((ids.millis, ids.counter), (6, 0));
    }

    #[test]
    fn a_record_has_one_id_and_the_next_record_a_greater_one() {
        let appended_at = at("2026-11-20T10:00:00Z");
        let of = |offset, partition| EventId::of_record(appended_at, offset, partition);
        assert_eq!(of(5, 1), of(5, 1));
        assert!(of(5, 9) < of(6, 1));
        assert_ne!(of(5, 1), of(5, 2));
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for text in ["", "1", "019aa0d2-a200-7000-8000-00000000000g", "+19aa0d2a20070008000000000000007"] {
            assert_eq!(text.parse::<EventId>(), Err(EventIdError), "{text}");
        }
        assert!("019aa0d2a20070008000000000000007".parse::<EventId>().is_ok());
    }

    proptest! {
        #[test]
        fn every_id_survives_its_text(id in any::<u128>()) {
            let id = EventId::from_u128(id);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
