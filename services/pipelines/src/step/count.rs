//! The step `count`.

use super::Listed;
use crate::place::Place;
use parking_lot::Mutex;
use siphasher::sip::SipHasher13;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::event::{CountKey, EVENTS};
use watchkeeper_domain::limits::check_series;
use watchkeeper_domain::{Event, SeriesParts, Timestamp, text};

/// Most fields by which one step counts.
pub const MAX_COUNT_FIELDS: usize = 4;
/// Longest name of a count, in bytes.
pub const MAX_COUNT_NAME_BYTES: usize = 64;
/// Longest value of a field in a count, in bytes; longer ones are cut.
pub const MAX_COUNT_VALUE_BYTES: usize = 128;
/// Most combinations of values of one step in an hour.
pub const MAX_COUNTED: usize = 1_000;
/// Stands for the values of events beyond [`MAX_COUNTED`].
pub const OTHER: &str = "other";

const HOUR: Duration = Duration::from_secs(60 * 60);
/// Most hours whose combinations are remembered: those of late events, and one of a clock that is wrong.
const MAX_HOURS: usize = 4;

/// Counts events by service, level and the values of fields.
#[derive(Clone, Debug)]
pub(super) struct Counting {
    name: String,
    /// Label and place.
    by: Vec<(String, Place)>,
    seen: Arc<Mutex<Seen>>,
}

/// Equal if declared the same.
impl PartialEq for Counting {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.by) == (&other.name, &other.by)
    }
}

/// The combinations of values of the hours that were counted last, as hashes.
#[derive(Debug, Default)]
struct Seen {
    /// The one that was counted last is the last one.
    hours: Vec<(Timestamp, HashSet<u64>)>,
}

impl Seen {
    /// Whether there is room for this one in its hour.
    fn admits(&mut self, hash: u64, at: Timestamp) -> bool {
        let hashes = self.hour(at.window_start(HOUR));
        if hashes.contains(&hash) {
            return true;
        }
        let has_room = hashes.len() < MAX_COUNTED;
        if has_room {
            hashes.insert(hash);
        }
        has_room
    }

    fn hour(&mut self, start: Timestamp) -> &mut HashSet<u64> {
        if let Some(index) = self.hours.iter().position(|(known, _)| *known == start) {
            self.hours[index..].rotate_left(1);
        } else {
            if self.hours.len() == MAX_HOURS {
                self.hours.remove(0);
            }
            self.hours.push((start, HashSet::new()));
        }
        let last = self.hours.len() - 1;
        &mut self.hours[last].1
    }
}

impl Counting {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// `None` is recorded as an error.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required_text("name", MAX_COUNT_NAME_BYTES);
        let places: Vec<Place> = section.parsed_set("by", MAX_COUNT_FIELDS);
        let mut by: Vec<_> = places.into_iter().map(|place| (place.to_string(), place)).collect();
        by.sort_by(|(one, _), (other, _)| one.cmp(other));
        if by.iter().any(|(_, place)| matches!(place, Place::Service | Place::Level)) {
            section.refuse("by", "events are always counted by service and level: leave them out");
        }
        if name == EVENTS {
            section.refuse("name", "is the name of the count of all events");
        }
        let labels: Vec<_> = by.iter().map(|(name, _)| (name.into(), "".into())).collect();
        let parts = SeriesParts { source: EVENTS, name: &name, unit: "", labels: &labels };
        match check_series(&parts) {
            Ok(()) => Some(Self { name, by, seen: Arc::default() }),
            Err(_) if name.is_empty() => None,
            Err(violation) => {
                let key = if violation.field == "name" { "name" } else { "by" };
                section.refuse(key, violation.reason);
                None
            }
        }
    }

    /// What `event` adds to.
    pub(super) fn key_of(&self, event: &Event) -> CountKey {
        let mut labels: BTreeMap<String, String> = self
            .by
            .iter()
            .map(|(label, place)| {
                let value = place.text(event).unwrap_or_default();
                let value = text::line(text::head(&value, MAX_COUNT_VALUE_BYTES)).into_owned();
                (label.clone(), value)
            })
            .collect();
        if !labels.is_empty() {
            let mut hasher = SipHasher13::new();
            labels.hash(&mut hasher);
            if !self.seen.lock().admits(hasher.finish(), event.occurred_at) {
                for value in labels.values_mut() {
                    OTHER.clone_into(value);
                }
            }
        }
        CountKey { name: self.name.clone(), service: event.service.clone(), level: event.level, labels }
    }
}

/// `requests by status, method`
impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.by.is_empty() {
            return Ok(());
        }
        let labels: Vec<_> = self.by.iter().map(|(label, _)| label).collect();
        write!(f, " by {}", Listed(&labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::event;
    use serde_json::json;

    fn counting(by: &[&str]) -> Counting {
        let by = by.iter().map(|name| ((*name).to_owned(), name.parse().unwrap())).collect();
        Counting { name: "requests".to_owned(), by, seen: Arc::default() }
    }

    #[test]
    fn as_many_combinations_as_the_limit_have_their_own_count_and_all_further_ones_share_one() {
        let counting = counting(&["path"]);
        let path_of = |path: &str| counting.key_of(&event("", json!({"path": path}))).labels["path"].clone();
        for number in 0..MAX_COUNTED {
            assert_eq!(path_of(&number.to_string()), number.to_string());
        }
        assert_eq!(path_of("new"), OTHER);
        assert_eq!(path_of("0"), "0", "one that is known keeps its count");
        let at = |time: &str| {
            let event = Event { occurred_at: time.parse().unwrap(), ..event("", json!({"path": "new"})) };
            counting.key_of(&event).labels["path"].clone()
        };
        assert_eq!(at("2026-11-29T11:00:00Z"), "new", "the next hour begins anew");
        assert_eq!(at("2099-01-01T00:00:00Z"), "new");
        assert_eq!(at("2026-11-29T10:59:59Z"), OTHER, "a wrong clock changes nothing for the other hours");
    }

    #[test]
    fn as_many_hours_as_the_limit_are_remembered() {
        let mut seen = Seen::default();
        for hour in 0..2 * MAX_HOURS as u64 {
            assert!(seen.admits(hour, Timestamp::MIN.plus(HOUR * u32::try_from(hour).unwrap())));
        }
        assert_eq!(seen.hours.len(), MAX_HOURS);
    }

    #[test]
    fn a_value_is_one_line_of_limited_length_and_a_missing_one_is_empty() {
        let counting = counting(&["a", "b"]);
        let long = format!("x\n{}", "y".repeat(2 * MAX_COUNT_VALUE_BYTES));
        let labels = counting.key_of(&event("", json!({"a": long}))).labels;
        assert_eq!(labels["a"], format!("x {}", "y".repeat(MAX_COUNT_VALUE_BYTES - 2)));
        assert_eq!(labels["b"], "");
    }
}
