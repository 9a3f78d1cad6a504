//! The section `[cache]`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use watchkeeper_cache::CacheConfig;
use watchkeeper_config::{ConfigErrors, Document};
use watchkeeper_ports::TtlPolicy;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn read(lines: &str) -> Result<CacheConfig, ConfigErrors> {
    let text = format!("[cache]\n{lines}\n");
    Document::parse("watchkeeper.toml", &text)?.read(|root| root.section("cache", CacheConfig::read))
}

fn refused(lines: &str) -> String {
    let errors = read(lines).unwrap_err();
    assert_eq!(errors.count(), 1, "{errors}");
    errors.first()[0].to_string()
}

/// A time to live for each of so many sources.
fn sources(count: usize) -> String {
    let mut lines = "[cache.ttl]\n".to_owned();
    (0..count).for_each(|number| writeln!(lines, "source{number} = \"1h\"").unwrap());
    lines
}

#[test]
fn what_is_not_given_has_a_default() {
    let ttl = TtlPolicy { default: DAY, by_source: BTreeMap::new() };
    assert_eq!(read("").unwrap(), CacheConfig { ttl });
}

#[test]
fn every_key_is_read_up_to_its_bounds() {
    let lines = "default_ttl = \"1s\"\n[cache.ttl]\ngithub = \"366d\"\n\"my host\" = \"1s\"";
    let second = Duration::from_secs(1);
    let by_source = BTreeMap::from([("github".to_owned(), 366 * DAY), ("my host".to_owned(), second)]);
    assert_eq!(read(lines).unwrap(), CacheConfig { ttl: TtlPolicy { default: second, by_source } });
    assert_eq!(read(&sources(100)).unwrap().ttl.by_source.len(), 100);
}

#[test]
fn a_value_past_its_bound_is_refused_by_name() {
    assert_eq!(refused("default_ttl = \"999ms\""), "cache.default_ttl: must be from 1s to 366d, is 999ms");
    assert_eq!(
        refused("[cache.ttl]\ngithub = \"367d\""),
        "cache.ttl.github: must be from 1s to 366d, is 367d"
    );
    assert_eq!(refused(&sources(101)), "cache.ttl: has 101 entries, the limit is 100");
    assert!(refused("ttl_default = \"1h\"").starts_with("cache.ttl_default: unknown key"));
}
