//! Colours of levels.

use watchkeeper_domain::Level;

/// The levels that have one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Error and worse.
    Error,
    Warn,
    /// Info and notice.
    Info,
    /// Trace and debug.
    Debug,
    Unknown,
}

impl Tone {
    /// All, the most severe first: at the bottom of a bar, where heights are easy to compare.
    pub(crate) const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Unknown];

    pub(crate) const fn of(level: Level) -> Self {
        match level {
            Level::Error | Level::Critical | Level::Alert | Level::Emergency => Self::Error,
            Level::Warn => Self::Warn,
            Level::Info | Level::Notice => Self::Info,
            Level::Trace | Level::Debug => Self::Debug,
            Level::Unknown => Self::Unknown,
        }
    }

    /// The CSS class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Unknown => "no-level",
        }
    }

    /// Its name on a page.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Error => "error and worse",
            Self::Warn => "warn",
            Self::Info => "info and notice",
            Self::Debug => "debug and trace",
            Self::Unknown => "without level",
        }
    }

    /// How many of the events counted by [`Level::number`] have it.
    pub(crate) fn count(self, by_level: &[u64; Level::ALL.len()]) -> u64 {
        let of_tone = Level::ALL.into_iter().filter(|level| Self::of(*level) == self);
        of_tone.map(|level| by_level[usize::from(level.number())]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_counted_in_one_tone() {
        let by_level = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        assert_eq!(Tone::ALL.map(|tone| tone.count(&by_level)), [7 + 8 + 9 + 10, 6, 4 + 5, 2 + 3, 1]);
    }
}
