//! Units of metrics.

/// The units of Prometheus's naming rules, and a few more that exporters use.
const KNOWN: [&str; 13] = [
    "amperes", "bits", "bytes", "celsius", "grams", "hertz", "joules", "meters", "percent", "ratio",
    "seconds", "volts", "watts",
];

/// The unit of the metric `name`: the `declared` one of its family, else by the suffix of the name. Empty for counts:
/// of observations, and in buckets.
pub(super) fn unit_of<'t>(name: &str, declared: impl Fn(&str) -> Option<&'t str>) -> &'t str {
    let family = ["_total", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    if let Some(unit) = declared(family) {
        return unit;
    }
    let last = family.rsplit('_').next().filter(|last| last.len() < family.len());
    KNOWN.into_iter().find(|unit| last == Some(unit)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_unit() {
        let cases = [
            ("node_memory_free_bytes", "bytes"),
            ("node_cpu_seconds_total", "seconds"),
            ("http_request_duration_seconds_sum", "seconds"),
            ("http_request_duration_seconds_count", ""),
            ("http_request_duration_seconds_bucket", ""),
            ("node_load1", ""),
            ("seconds", ""),
        ];
        for (name, unit) in cases {
            assert_eq!(unit_of(name, |_| None), unit, "{name}");
        }
    }

    #[test]
    fn a_declared_unit_counts_more() {
        let declared = |family: &str| (family == "distance_parsecs").then_some("parsecs");
        assert_eq!(unit_of("distance_parsecs_total", declared), "parsecs");
        assert_eq!(unit_of("distance_parsecs_count", declared), "");
        assert_eq!(unit_of("size_bytes", declared), "bytes");
    }
}
