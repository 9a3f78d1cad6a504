//! The two families of series that say whether something is up.

use watchkeeper_domain::{Series, SeriesFilter};
use watchkeeper_rules::{HEARTBEAT_SOURCE, STARTED, STATE};

/// Where checks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// The collector probes targets.
    Probes,
    /// Jobs report.
    Heartbeats,
}

impl Family {
    pub(super) const ALL: [Self; 2] = [Self::Probes, Self::Heartbeats];

    pub(super) fn filter(self) -> SeriesFilter {
        match self {
            Self::Probes => SeriesFilter::named(super::UPTIME, "availability_percent"),
            Self::Heartbeats => SeriesFilter::named(HEARTBEAT_SOURCE, STATE),
        }
    }

    /// Whether a value means up; `None` for a value that decides nothing: a run has started.
    pub(super) fn is_up(self, value: f64) -> Option<bool> {
        let decides = self == Self::Probes || (value - STARTED).abs() > f64::EPSILON;
        decides.then_some(value > 0.0)
    }
}

/// The part of the key that all series of a target share: `{group="shop",target="blog"}`.
pub(super) fn labels_of(series: &Series) -> &str {
    let begin = series.source().len() + "/".len() + series.name().len();
    let unit = series.unit().len();
    let end = series.key().len() - if unit > 0 { unit + " ".len() } else { 0 };
    &series.key()[begin..end]
}

/// A series of the same target with this name and unit.
pub(super) fn sibling(series: &Series, name: &str, unit: &str) -> Option<Series> {
    let labels: Vec<_> = series.labels().collect();
    Series::new(series.source(), name, unit, &labels).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_series_of_a_target_share_their_labels() {
        let labels = [("group", "a \"b\""), ("target", "c")];
        let one = Series::new("uptime", "availability_percent", "percent", &labels).unwrap();
        let other = sibling(&one, "http_status", "").unwrap();
        assert_eq!(other.key(), r#"uptime/http_status{group="a \"b\"",target="c"}"#);
        assert_eq!(labels_of(&one), r#"{group="a \"b\"",target="c"}"#);
        assert_eq!(labels_of(&one), labels_of(&other));
        assert_eq!(labels_of(&Series::new("a", "b", "", &[]).unwrap()), "");
    }

    #[test]
    fn the_start_of_a_run_decides_nothing() {
        assert_eq!(
            [0.0, 1.0, 2.0].map(|value| Family::Heartbeats.is_up(value)),
            [Some(false), Some(true), None]
        );
        assert_eq!(
            [0.0, 100.0, 2.0].map(|value| Family::Probes.is_up(value)),
            [Some(false), Some(true), Some(true)]
        );
    }
}
