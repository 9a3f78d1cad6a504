//! The section `[cache]`.

use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_ports::TtlPolicy;

/// How long a latest value stays.
const TTL: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(366 * 24 * 60 * 60);
/// Most sources that may have a time to live of their own.
const MAX_SOURCES: usize = 100;
const DEFAULT_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// How long latest values stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// The time to live of a value, by source.
    pub ttl: TtlPolicy,
}

impl CacheConfig {
    /// Reads the section; what is not given has a default.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            ttl: TtlPolicy {
                default: section.duration("default_ttl", TTL, DEFAULT_TTL),
                by_source: section.durations("ttl", MAX_SOURCES, TTL),
            },
        }
    }
}
