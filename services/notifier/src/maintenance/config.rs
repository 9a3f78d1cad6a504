//! The sections `[[notifier.maintenance]]`.

use super::{MAX_DURATION, Window};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::{MAX_MATCHERS, Matchers};

/// Most windows.
pub(super) const MAX_WINDOWS: usize = 50;
/// Longest name, in bytes.
const MAX_NAME_BYTES: usize = 32;
/// Longest name of a time zone, in bytes.
const MAX_ZONE_BYTES: usize = 64;
const MINUTE: Duration = Duration::from_secs(60);

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Reads all windows.
pub(crate) fn read_all(section: &mut Section<'_>) -> Vec<Window> {
    let mut names = Vec::new();
    let windows = section.sections("maintenance", MAX_WINDOWS, |section| {
        let window = Window::read(section);
        if let Some(window) = &window {
            if names.contains(&window.name) {
                section.refuse("name", "is the name of an earlier window");
            }
            names.push(window.name.clone());
        }
        window
    });
    windows.into_iter().flatten().collect()
}

impl Window {
    /// `None` is recorded as an error.
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required_text("name", MAX_NAME_BYTES);
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            section.refuse("name", "may have only letters, digits and -");
        }
        let mut days = section.choices("days", &DAYS);
        if days.is_empty() {
            days = DAYS.map(|(_, day)| day).to_vec();
        }
        let start = section.required_text("start", "HH:MM:SS".len());
        let is_time = start.len() == "HH:MM".len();
        let parsed = start.parse::<Time>().ok().filter(|_| is_time);
        if parsed.is_none() && !start.is_empty() {
            section.refuse("start", "must be a local time such as \"02:30\"");
        }
        let zone = section.required_text("time_zone", MAX_ZONE_BYTES);
        let named = TimeZone::get(&zone).ok().filter(|_| !zone.is_empty());
        if named.is_none() && !zone.is_empty() {
            section.refuse(
                "time_zone",
                "is not a known time zone: must be a name such as \"Europe/Berlin\" or \"UTC\"",
            );
        }
        if !section.has("duration") {
            section.refuse("duration", "is missing");
        }
        let duration = section.duration("duration", MINUTE..=MAX_DURATION, MINUTE);
        let matchers = section.parsed_list("match", MAX_MATCHERS);
        let matchers =
            Matchers::new(matchers).map_err(|error| section.refuse("match", error.to_string())).ok();
        Some(Self { name, days, start: parsed?, duration, zone: named?, matchers: matchers? })
    }
}
