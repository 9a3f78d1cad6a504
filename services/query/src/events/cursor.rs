//! Page tokens of events.

use crate::cursor::{opened, sealed};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use watchkeeper_domain::{EventId, Timestamp, Violation};
use watchkeeper_ports::{EventKey, Order};

/// Where the next page of events begins, in which order, and the range of the first page, so that pages that continue
/// each other are about the same range even if that is given relative to now.
///
/// Opaque to clients: base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsCursor {
    /// The range of the first page.
    pub time: Range<Timestamp>,
    /// The order of all pages.
    pub order: Order,
    /// The place of the last event on the previous page, or up to where its search came.
    pub after: EventKey,
}

impl fmt::Display for EventsCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, order, after } = self;
        let order = match order {
            Order::NewestFirst => 'n',
            Order::OldestFirst => 'o',
        };
        let [start, end, at] = [time.start, time.end, after.occurred_at].map(Timestamp::as_micros);
        f.write_str(&sealed(&format!("{order}{start:x}.{end:x}.{at:x}.{:x}", after.id.as_u128())))
    }
}

impl FromStr for EventsCursor {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let decoded = opened(text).and_then(|plain| decode(&plain));
        decoded.ok_or_else(|| Violation::new("after", "must be `next` of the previous page"))
    }
}

fn decode(plain: &str) -> Option<EventsCursor> {
    let (order, rest) = match plain.split_at_checked(1)? {
        ("n", rest) => (Order::NewestFirst, rest),
        ("o", rest) => (Order::OldestFirst, rest),
        _ => return None,
    };
    let mut parts = rest.split('.');
    let mut time = || Timestamp::from_micros(i64::from_str_radix(parts.next()?, 16).ok()?);
    let (start, end, occurred_at) = (time()?, time()?, time()?);
    let id = EventId::from_u128(u128::from_str_radix(parts.next()?, 16).ok()?);
    let cursor = EventsCursor { time: start..end, order, after: EventKey { occurred_at, id } };
    (parts.next().is_none() && start < end).then_some(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_no_page_has_said_is_refused() {
        for text in ["", "page2", "bjEuMi4z", &sealed("n2.1.1.1"), &sealed("x1.2.1.1"), &sealed("n1.2.1.1.1")]
        {
            let refused = text.parse::<EventsCursor>().unwrap_err().to_string();
            assert_eq!(refused, "after: must be `next` of the previous page", "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(
            start in 0..Timestamp::MAX.as_micros(),
            at in 0..Timestamp::MAX.as_micros(),
            id: u128,
            is_newest: bool,
        ) {
            let of = |micros| Timestamp::from_micros(micros).unwrap();
            let cursor = EventsCursor {
                time: of(start)..Timestamp::MAX,
                order: if is_newest { Order::NewestFirst } else { Order::OldestFirst },
                after: EventKey { occurred_at: of(at), id: EventId::from_u128(id) },
            };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-_A-Za-z0-9]*|\\PC*") {
            let _: Result<EventsCursor, Violation> = text.parse();
        }
    }
}
