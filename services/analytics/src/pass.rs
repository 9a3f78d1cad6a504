//! Which windows are computed when.

use crate::config::AnalyticsConfig;
use std::time::Duration;
use watchkeeper_domain::Window;

/// One walk over the windows of one length, each some time after its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    /// The key of its mark, stable across versions: `hour`, `hour+3600s`.
    pub(crate) name: String,
    /// The delay from a window's end to its computation.
    pub(crate) delay: Duration,
}

/// All passes over the windows of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    pub(crate) window: Window,
    /// The one with the shortest delay first; never empty.
    pub(crate) passes: Vec<Pass>,
    /// How long the rollups are kept.
    pub(crate) retention: Duration,
}

impl Walk {
    /// The walks of a configuration.
    pub(crate) fn all(config: &AnalyticsConfig) -> Vec<Self> {
        Window::ALL.into_iter().map(|window| Self::of(window, config)).collect()
    }

    fn of(window: Window, config: &AnalyticsConfig) -> Self {
        // The name of the first omits its delay, so that changing `settle` does not recompute everything.
        let first = Pass { name: window.to_string(), delay: config.settle };
        let again = config
            .corrections
            .iter()
            .map(|&delay| Pass { name: format!("{window}+{}s", delay.as_secs_f64()), delay });
        let retention = match window {
            Window::Hour => config.hourly_retention,
            Window::Day => config.daily_retention,
        };
        Self { window, passes: [first].into_iter().chain(again).collect(), retention }
    }
}

/// The keys of the marks of all passes, for migrating rollups to another store.
pub fn pass_names(config: &AnalyticsConfig) -> Vec<String> {
    Walk::all(config).into_iter().flat_map(|walk| walk.passes).map(|pass| pass.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::config;

    #[test]
    fn a_pass_is_named_by_its_window_and_its_delay() {
        assert_eq!(
            pass_names(&config()),
            ["hour", "hour+3600s", "hour+86400s", "day", "day+3600s", "day+86400s"]
        );
    }
}
