//! Ids of events that clients send again without an id, such as those of Loki and OTLP.

use std::collections::HashMap;
use watchkeeper_domain::{Event, EventId, Timestamp};

/// The ids of the events of one body. Each is made of what the event says, and of how many events of the body before it have the
/// same time: so a body that is sent again has the same ids, and lines that are equal are all kept, in their order.
#[derive(Default)]
pub(super) struct Twins(HashMap<(Timestamp, u16), u32>);

impl Twins {
    /// The id of the next event, whose time has `nanos` nanoseconds within its microsecond.
    pub(super) fn id(&mut self, event: &Event, nanos: u16) -> EventId {
        let Event { id: _, occurred_at, level, service, host, message, fields } = event;
        let nth = self.0.entry((*occurred_at, nanos)).or_default();
        let content = serde_json::json!([nth, nanos, level.number(), service, host, message, fields]);
        let id = EventId::of_content(*occurred_at, nanos, *nth, content.to_string().as_bytes());
        *nth += 1;
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::event::Draft;

    fn event(line: &str) -> Event {
        let at = Timestamp::from_micros(1_700_000_000_000_000).unwrap();
        let draft = Draft { occurred_at: Some(at), ..Draft::of_line(line) };
        draft.arrived(|| EventId::of_record(at, 1, 1), at).unwrap()
    }

    #[test]
    fn a_body_that_is_sent_again_has_the_same_ids_and_equal_lines_have_different_ones() {
        let ids = || {
            let mut twins = Twins::default();
            [("a", 1), ("a", 1), ("a", 2), ("b", 1), ("a", 1)]
                .map(|(line, nanos)| twins.id(&event(line), nanos))
        };
        assert_eq!(ids(), ids());
        let mut different = ids().to_vec();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 5);
    }
}
