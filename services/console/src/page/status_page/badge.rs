//! Badges: what is up, as a small picture for other pages.

use super::overall::{Level, Overall};
use crate::format::cut;
use crate::gather::{Service, ServiceState, Shown};
use askama::Template;
use watchkeeper_domain::text;

/// The longest label, in characters.
const MAX_LABEL_CHARS: usize = 40;
/// The width of a character and the space around a text, in pixels: the text is stretched to what is reckoned.
const CHARACTER: usize = 7;
const SPACE: usize = 10;

/// A badge: a label, and how that is.
#[derive(Template)]
#[template(path = "status_badge.svg", whitespace = "minimize")]
pub(crate) struct Badge {
    label: Part,
    value: Part,
    colour: &'static str,
}

/// A text and its place.
struct Part {
    text: String,
    width: usize,
    /// The length of the text.
    length: usize,
    /// The middle of the text.
    middle: usize,
}

impl Badge {
    /// How everything on the page is.
    pub(crate) fn of_page(shown: &Shown) -> Self {
        let Overall { level, .. } = Overall::of(shown);
        let value = match level {
            Level::Down => format!("{} down", shown.count(ServiceState::Down)),
            level => level.name().to_owned(),
        };
        Self::new("status", value, colour(level))
    }

    /// The state of a service.
    pub(crate) fn of_state(service: &Service) -> Self {
        let level = match service.state {
            ServiceState::Down => Level::Down,
            ServiceState::Maintenance => Level::Maintenance,
            ServiceState::Unknown => Level::Unknown,
            ServiceState::Up => Level::Well,
        };
        Self::new(&service.name, service.state.words().to_lowercase(), colour(level))
    }

    /// The uptime of a service, of the days that the page shows.
    pub(crate) fn of_uptime(service: &Service, days: u32) -> Self {
        let uptime = super::days::uptime(&service.days);
        let level = match uptime {
            None => Level::Unknown,
            Some(percent) if percent < 95.0 => Level::Down,
            Some(percent) if percent < 99.0 => Level::Incident,
            Some(_) => Level::Well,
        };
        let value = uptime.map_or_else(|| "no data".to_owned(), |percent| format!("{percent:.2} %"));
        Self::new(&service.name, format!("{value}, {days} d"), colour(level))
    }

    fn new(label: &str, value: String, colour: &'static str) -> Self {
        let label = Part::new(cut(&text::line(label), MAX_LABEL_CHARS), 0);
        let value = Part::new(value, label.width);
        Self { label, value, colour }
    }

    fn width(&self) -> usize {
        self.label.width + self.value.width
    }
}

impl Part {
    fn new(text: String, left: usize) -> Self {
        let length = text.chars().count() * CHARACTER;
        let width = length + SPACE;
        Self { text, width, length, middle: left + width / 2 }
    }
}

/// Readable below white text: a contrast of at least 4.5 to 1.
const fn colour(level: Level) -> &'static str {
    match level {
        Level::Down => "#b3261e",
        Level::Incident => "#8a5300",
        Level::Maintenance => "#2f5fb3",
        Level::Unknown => "#5f6b74",
        Level::Well => "#1a6b3c",
    }
}
