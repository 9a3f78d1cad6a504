//! Turns an exposition into samples.

use super::exposition::Exposition;
use super::line::Exposed;
use crate::readings::Readings;
use crate::sources::labels::TargetLabels;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Series, Timestamp};

/// The label of the scraped instance.
pub(super) const INSTANCE: &str = "instance";
/// Begins an endpoint's own label whose name the target has, as in Prometheus.
const EXPORTED: &str = "exported_";

/// Builds the samples of consecutive scrapes.
pub(super) struct Gathering {
    readings: Readings,
    labels: TargetLabels,
    /// The last timestamp of each series that has timestamps.
    given: HashMap<Arc<Series>, Timestamp>,
}

impl Gathering {
    pub(super) fn new(source: &str, instance: String, labels: TargetLabels) -> Self {
        let readings = Readings::new(source, vec![(INSTANCE, instance)]).with_labels(&labels);
        Self { readings, labels, given: HashMap::new() }
    }

    /// The samples of a scrape that started at `now` and its duration. A value whose timestamp was seen before is
    /// skipped.
    pub(super) fn gather(&mut self, exposition: &Exposition, now: Timestamp, took: Duration) -> Vec<Sample> {
        self.readings.begin(now);
        self.readings.add("up", "", &[], 1.0);
        let mut skipped: u64 = exposition.invalid_lines;
        for (Exposed { name, labels, value, at }, unit) in &exposition.samples {
            // An empty one counts as missing.
            let present = labels.iter().filter(|(_, value)| !value.is_empty());
            let labels: Vec<_> = present.map(|(name, value)| (self.label(name), &**value)).collect();
            let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, *value)).collect();
            let added = self.readings.try_add(name, unit, &labels, *value, at.unwrap_or(now));
            if let Err(violation) = added {
                skipped += 1;
                tracing::trace!(series_name = %name, error = %violation, "skipped a value");
            }
        }
        self.readings.add("scrape_duration_seconds", "seconds", &[], took.as_secs_f64());
        self.readings.add_count("scrape_samples_skipped", "", &[], skipped);
        let mut samples = self.readings.take();
        self.leave_out_given(&mut samples, now);
        samples
    }

    /// The sample that reports a failed scrape, and why it failed.
    pub(super) fn down(&mut self, now: Timestamp, why: &str) -> Vec<Sample> {
        self.readings.begin(now);
        self.readings.add_with_note("up", "", 0.0, Some(why));
        self.readings.take()
    }

    /// The name of an endpoint's own label.
    fn label<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if name == INSTANCE || self.labels.has(name) {
            format!("{EXPORTED}{name}").into()
        } else {
            name.into()
        }
    }

    fn leave_out_given(&mut self, samples: &mut Vec<Sample>, now: Timestamp) {
        let dated = samples.iter().filter(|sample| sample.collected_at != now);
        let times = dated.map(|sample| (Arc::clone(&sample.series), sample.collected_at)).collect();
        let given = std::mem::replace(&mut self.given, times);
        samples.retain(|sample| given.get(&sample.series) != Some(&sample.collected_at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::scrape::exposition;
    use crate::sources::scrape::line::Format;
    use watchkeeper_domain::limits;

    fn now() -> Timestamp {
        "2026-11-20T10:20:00Z".parse().unwrap()
    }

    fn gathering() -> Gathering {
        Gathering::new("node", "h:9100".to_owned(), TargetLabels::default())
    }

    fn gather(gathering: &mut Gathering, text: &str, now: Timestamp) -> Vec<Sample> {
        let exposed = exposition::read(text.as_bytes(), Format::Prometheus, |_| true).unwrap();
        gathering.gather(&exposed, now, Duration::from_millis(250))
    }

    fn keys(samples: &[Sample]) -> Vec<&str> {
        samples.iter().map(|sample| sample.series.key()).collect()
    }

    #[test]
    fn a_sample_has_the_labels_it_came_with_and_its_instance() {
        let text = "cpu_seconds_total{cpu=\"0\",mode=\"\"} 12.5\nx{instance=\"other\"} 1\n";
        let samples = gather(&mut gathering(), text, now());
        assert_eq!(
            keys(&samples),
            [
                r#"node/up{instance="h:9100"}"#,
                r#"node/cpu_seconds_total{cpu="0",instance="h:9100"} seconds"#,
                r#"node/x{exported_instance="other",instance="h:9100"}"#,
                r#"node/scrape_duration_seconds{instance="h:9100"} seconds"#,
                r#"node/scrape_samples_skipped{instance="h:9100"}"#,
            ]
        );
        let values: Vec<_> = samples.iter().map(|sample| sample.value).collect();
        assert_eq!(values, [1.0, 12.5, 1.0, 0.25, 0.0]);
    }

    #[test]
    fn what_makes_no_valid_sample_is_skipped_and_counted() {
        let long = "x".repeat(limits::MAX_LABEL_VALUE_BYTES + 1);
        let tomorrow = now().plus(Duration::from_secs(86_400)).as_micros() / 1_000;
        let many: Vec<String> = (0..limits::MAX_LABELS).map(|n| format!("l{n}=\"1\"")).collect();
        let text = format!(
            "a NaN\nb +Inf\nc{{l=\"{long}\"}} 1\nd 1 {tomorrow}\ne 1\ne 2\nup 0\nf{{{}}} 1\n",
            many.join(",")
        );
        let samples = gather(&mut gathering(), &text, now());
        let kept: Vec<_> = samples.iter().map(|sample| (sample.series.name(), sample.value)).collect();
        assert_eq!(kept[..2], [("up", 1.0), ("e", 1.0)]);
        assert_eq!(kept[3..], [("scrape_samples_skipped", 7.0)]);
    }

    #[test]
    fn a_value_with_a_time_has_that_time_and_is_given_once() {
        let mut gathering = gathering();
        let mut times = |text: &str, now: Timestamp| {
            let mut samples = gather(&mut gathering, text, now);
            samples.retain(|sample| ["x", "y"].contains(&sample.series.name()));
            samples.iter().map(|sample| sample.collected_at).collect::<Vec<_>>()
        };
        let (earlier, later) = (now(), now().plus(Duration::from_secs(60)));
        let measured: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let text = format!("x 1 {}\ny 1\n", measured.as_micros() / 1_000);
        assert_eq!(times(&text, earlier), [measured, earlier]);
        assert_eq!(times(&text, later), [later]);
        let newer = measured.plus(Duration::from_secs(1));
        assert_eq!(times(&format!("x 1 {}\n", newer.as_micros() / 1_000), later), [newer]);
    }

    #[test]
    fn a_scrape_that_failed_says_so() {
        let samples = gathering().down(now(), "connection refused");
        assert_eq!((samples.len(), samples[0].value), (1, 0.0));
        assert_eq!(samples[0].series.key(), r#"node/up{instance="h:9100"}"#);
    }
}
