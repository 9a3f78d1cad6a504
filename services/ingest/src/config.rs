//! The section `[ingest]`.

use crate::syslog::SyslogConfig;
use std::ops::RangeInclusive;
use watchkeeper_config::Section;
use watchkeeper_spool::SpoolConfig;

const MIB: usize = 1 << 20;

/// Largest body as sent, in bytes: the default and the bounds.
pub const MAX_BODY: (usize, RangeInclusive<usize>) = (8 * MIB, 1024..=256 * MIB);
/// Largest body after decompression, in bytes: the default and the bounds.
pub const MAX_DECOMPRESSED: (usize, RangeInclusive<usize>) = (64 * MIB, 1024..=1024 * MIB);
/// Most items of one body: the default and the bounds.
pub const MAX_ITEMS: (usize, RangeInclusive<usize>) = (50_000, 1..=1_000_000);
/// Most bytes of bodies and batches being processed: the default and the bounds.
pub const MAX_IN_HAND: (usize, RangeInclusive<usize>) = (256 * MIB, 1024..=16 * 1024 * MIB);

/// Most series per token, or of all senders together if there are no tokens: the default and the bounds.
pub const MAX_SERIES_PER_TOKEN: (usize, RangeInclusive<usize>) = (100_000, 1..=MOST_SERIES);
/// Most series of all senders: the default and the bounds.
pub const MAX_SERIES: (usize, RangeInclusive<usize>) = (1_000_000, 1..=MOST_SERIES);
/// At some 20 bytes each, a gigabyte.
const MOST_SERIES: usize = 50_000_000;

/// The spool of ingest. It was the first role with a spool, and has kept its directory.
const SPOOL: SpoolConfig = SpoolConfig::named("spool");

/// Limits of ingest, per request and in total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestConfig {
    /// Largest body as sent, in bytes.
    pub max_body: usize,
    /// Largest body after decompression, in bytes.
    pub max_decompressed: usize,
    /// Most items of one body.
    pub max_items: usize,
    /// Most bytes being processed: bodies that are being read or wait for their turn, and batches that are not
    /// durable yet. Further requests are told to retry later. The memory in which
    /// [`DECODED_AT_ONCE`](crate::DECODED_AT_ONCE) bodies are decompressed and decoded is not counted.
    pub max_in_hand: usize,
    /// Limits on series.
    pub series: SeriesLimits,
    /// Where samples are spooled while the bus is unavailable.
    pub spool: SpoolConfig,
    /// Where syslog is received.
    pub syslog: SyslogConfig,
}

/// How many series may be sent within a day, per token and in total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesLimits {
    /// Series per token; of all senders together if there are no tokens.
    pub per_token: usize,
    /// Series in total; one that two tokens send counts twice.
    pub in_all: usize,
}

impl IngestConfig {
    /// Reads the section; missing keys get their defaults.
    pub fn read(section: &mut Section<'_>) -> Self {
        let config = Self {
            max_body: section.bytes("max_body", MAX_BODY.1, MAX_BODY.0),
            max_decompressed: section.bytes("max_decompressed", MAX_DECOMPRESSED.1, MAX_DECOMPRESSED.0),
            max_items: section.integer("max_items", MAX_ITEMS.1, MAX_ITEMS.0),
            max_in_hand: section.bytes("max_in_hand", MAX_IN_HAND.1, MAX_IN_HAND.0),
            series: SeriesLimits {
                per_token: section.integer(
                    "max_series_per_token",
                    MAX_SERIES_PER_TOKEN.1,
                    MAX_SERIES_PER_TOKEN.0,
                ),
                in_all: section.integer("max_series", MAX_SERIES.1, MAX_SERIES.0),
            },
            spool: SPOOL.read(section),
            syslog: section.section("syslog", SyslogConfig::read),
        };
        if config.series.in_all < config.series.per_token {
            section.refuse(
                "max_series",
                "must be at least `max_series_per_token`, or no token could reach that limit",
            );
        }
        if config.max_in_hand < config.max_body {
            section.refuse(
                "max_in_hand",
                "must be at least `max_body`, or the largest body could never be accepted",
            );
        }
        config
    }
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            max_body: MAX_BODY.0,
            max_decompressed: MAX_DECOMPRESSED.0,
            max_items: MAX_ITEMS.0,
            max_in_hand: MAX_IN_HAND.0,
            series: SeriesLimits { per_token: MAX_SERIES_PER_TOKEN.0, in_all: MAX_SERIES.0 },
            spool: SPOOL,
            syslog: SyslogConfig::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn read(text: &str) -> Result<IngestConfig, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(IngestConfig::read).map_err(|errors| errors.first()[0].to_string())
    }

    #[test]
    fn every_key_is_read_and_has_a_default() {
        assert_eq!(read(""), Ok(IngestConfig::default()));
        let text = "max_body = \"1 KiB\"\nmax_decompressed = \"1 MiB\"\nmax_items = 10\nmax_in_hand = \"64 KiB\"\n\
            max_series_per_token = 7\nmax_series = 50\n\
            [spool]\nmax = \"16 MiB\"\ndirectory = \"/var/spool/watchkeeper\"";
        let mut spool = SPOOL;
        (spool.max_bytes, spool.directory) = (16 * MIB, Some("/var/spool/watchkeeper".into()));
        let expected = IngestConfig {
            max_body: 1024,
            max_decompressed: MIB,
            max_items: 10,
            max_in_hand: 64 * 1024,
            series: SeriesLimits { per_token: 7, in_all: 50 },
            spool,
            syslog: SyslogConfig::default(),
        };
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn fewer_series_of_all_than_of_one_token_are_refused() {
        let error = read("max_series = 99999").unwrap_err();
        assert!(error.starts_with("max_series: must be at least `max_series_per_token`"), "{error}");
        assert!(read("max_series = 100000").is_ok());
    }

    #[test]
    fn room_for_less_than_one_body_is_refused() {
        let error = read("max_in_hand = \"1 MiB\"").unwrap_err();
        assert!(error.starts_with("max_in_hand: must be at least `max_body`"), "{error}");
        assert!(read("max_body = \"1 MiB\"\nmax_in_hand = \"1 MiB\"").is_ok());
    }
}
