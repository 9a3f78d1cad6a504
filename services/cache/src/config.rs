//! The section `[cache]`.

use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_ports::TtlPolicy;

/// Bounds of the time to live.
const TTL: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(366 * 24 * 60 * 60);
/// Most sources with a time to live of their own.
const MAX_SOURCES: usize = 100;
const DEFAULT_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// The time to live of latest values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// The time to live by source.
    pub ttl: TtlPolicy,
}

impl CacheConfig {
    /// Reads the section; missing keys get their defaults.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            ttl: TtlPolicy {
                default: section.duration("default_ttl", TTL, DEFAULT_TTL),
                by_source: section.durations("ttl", MAX_SOURCES, TTL),
            },
        }
    }
}
