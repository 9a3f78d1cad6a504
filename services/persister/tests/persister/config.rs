//! The section `[persister]`.

use std::time::Duration;
use watchkeeper_config::{ConfigErrors, Document};
use watchkeeper_persister::{BATCH_RECORDS, MAX_SERIES, PersisterConfig};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn read(lines: &str) -> Result<PersisterConfig, ConfigErrors> {
    let text = format!("[persister]\n{lines}\n");
    Document::parse("watchkeeper.toml", &text)?.read(|root| root.section("persister", PersisterConfig::read))
}

fn refused(line: &str) -> String {
    let errors = read(line).unwrap_err();
    assert_eq!(errors.count(), 1, "{errors}");
    errors.first()[0].to_string()
}

#[test]
fn what_is_not_given_has_a_default() {
    let expected = PersisterConfig {
        batch_records: BATCH_RECORDS.0,
        batch_age: Duration::from_millis(100),
        retention: 90 * DAY,
        max_series: MAX_SERIES.0,
    };
    assert_eq!(read("").unwrap(), expected);
}

#[test]
fn every_key_is_read_up_to_its_bounds() {
    for (lines, batch_records, batch_age, retention, max_series) in [
        (
            "batch_records = 1\nbatch_age = \"0s\"\nretention = \"1d\"\nmax_series = 1",
            1,
            Duration::ZERO,
            DAY,
            1,
        ),
        (
            "batch_records = 100000\nbatch_age = \"10s\"\nretention = \"3660d\"\nmax_series = 1000000000",
            100_000,
            Duration::from_secs(10),
            3_660 * DAY,
            1_000_000_000,
        ),
    ] {
        let expected = PersisterConfig { batch_records, batch_age, retention, max_series };
        assert_eq!(read(lines).unwrap(), expected);
    }
}

#[test]
fn a_value_past_its_bound_is_refused_by_name() {
    for (line, reason) in [
        ("batch_records = 0", "persister.batch_records: must be from 1 to 100000, is 0"),
        ("batch_records = 100001", "persister.batch_records: must be from 1 to 100000, is 100001"),
        ("batch_age = \"11s\"", "persister.batch_age: must be from 0s to 10s, is 11s"),
        ("retention = \"23h\"", "persister.retention: must be from 1d to 3660d, is 23h"),
        ("max_series = 0", "persister.max_series: must be from 1 to 1000000000, is 0"),
        ("retention = \"3661d\"", "persister.retention: must be from 1d to 3660d, is 3661d"),
    ] {
        assert_eq!(refused(line), reason);
    }
    assert!(refused("batch_size = 1").starts_with("persister.batch_size: unknown key"));
}
