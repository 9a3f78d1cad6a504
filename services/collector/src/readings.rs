//! The samples of one collection.

use crate::sources::labels::TargetLabels;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::{Label, Note, OldName, Sample, Series, SeriesParts, Timestamp, Violation, limits};

/// Builds the samples of consecutive collections, and keeps the series of the last one, so that samples of one series
/// share it.
#[derive(Debug)]
pub(crate) struct Readings {
    source: Box<str>,
    labels: Vec<(Cow<'static, str>, String)>,
    old_name: Option<&'static OldName>,
    collected_at: Timestamp,
    samples: Vec<Sample>,
    /// By key: the series of this collection, and those of the last one not seen again yet.
    series: HashMap<String, Arc<Series>>,
    last_series: HashMap<String, Arc<Series>>,
}

impl Readings {
    /// Samples of `source`, all with these labels.
    pub(crate) fn new(source: &str, labels: Vec<(&'static str, String)>) -> Self {
        Self {
            source: source.into(),
            labels: labels.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            old_name: None,
            collected_at: Timestamp::MIN,
            samples: Vec::new(),
            series: HashMap::new(),
            last_series: HashMap::new(),
        }
    }

    /// The same with the series of the previous platform, if it had the source and `old_names` is set: these have no
    /// unit.
    pub(crate) fn with_old_names(mut self, old_names: bool) -> Self {
        if let Some(name) = OldName::of(&self.source).filter(|_| old_names) {
            self.source = name.old_source.into();
            for (label, _) in &mut self.labels {
                *label = name.label(label).to_owned().into();
            }
            self.old_name = Some(name);
        }
        self
    }

    /// The same with the labels that the configuration of a target adds.
    pub(crate) fn with_labels(mut self, labels: &TargetLabels) -> Self {
        self.labels.extend(labels.iter().map(|(name, value)| (name.to_owned().into(), value.to_owned())));
        self
    }

    /// Begins a collection measured now, at `collected_at`.
    pub(crate) fn begin(&mut self, collected_at: Timestamp) {
        self.collected_at = collected_at;
        self.samples.clear();
        self.last_series = std::mem::take(&mut self.series);
    }

    /// Adds a value. One that is not a valid sample (labels may come from external sources) is skipped, and so is a
    /// second value of the same series.
    pub(crate) fn add(&mut self, name: &str, unit: &str, labels: &[(&str, &str)], value: f64) {
        if let Err(violation) = self.try_add(name, unit, labels, value, self.collected_at) {
            tracing::debug!(source = &*self.source, series_name = name, error = %violation, "skipped a value");
        }
    }

    /// The same without labels of its own, and with what there is to say about the value.
    pub(crate) fn add_with_note(&mut self, name: &str, unit: &str, value: f64, note: Option<&str>) {
        self.add_noted(name, unit, &[], value, note);
    }

    /// The same with labels.
    pub(crate) fn add_noted(
        &mut self,
        name: &str,
        unit: &str,
        labels: &[(&str, &str)],
        value: f64,
        note: Option<&str>,
    ) {
        let before = self.samples.len();
        self.add(name, unit, labels, value);
        if let Some(added) = self.samples.get_mut(before) {
            added.note = note.and_then(Note::new);
        }
    }

    /// The same for a count.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53: 8 PiB in bytes")]
    pub(crate) fn add_count(&mut self, name: &str, unit: &str, labels: &[(&str, &str)], value: u64) {
        self.add(name, unit, labels, value as f64);
    }

    /// Adds a value measured at `at`, or returns why it is not a valid sample.
    pub(crate) fn try_add(
        &mut self,
        name: &str,
        unit: &str,
        labels: &[(&str, &str)],
        value: f64,
        at: Timestamp,
    ) -> Result<(), Violation> {
        limits::check_value(value)?;
        limits::check_time(at, self.collected_at)?;
        let common = self.labels.iter().map(|(name, value)| ((&**name).into(), value.as_str().into()));
        let own = labels.iter().map(|&(name, value)| (name.into(), value.into()));
        let mut labels: Vec<Label<'_>> = common.chain(own).collect();
        labels.sort_unstable();
        let (name, unit) = self.old_name.map_or((name, unit), |old| (old.name(name), ""));
        let parts = SeriesParts { source: &self.source, name, unit, labels: &labels };
        let mut key = String::new();
        parts.write_key(&mut key);
        if self.series.contains_key(&key) {
            return Err(Violation::new("series", "has a value already"));
        }
        let series = match self.last_series.remove(&key) {
            Some(series) => series,
            None => Arc::new(Series::from_parts(&parts)?),
        };
        self.series.insert(key, Arc::clone(&series));
        self.samples.push(Sample::new(series, at, value));
        Ok(())
    }

    /// The samples of this collection.
    pub(crate) fn take(&mut self) -> Vec<Sample> {
        std::mem::take(&mut self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings() -> Readings {
        Readings::new("host", vec![("host", "a".to_owned())])
    }

    #[test]
    fn a_sample_has_the_common_labels_and_its_own() {
        let mut readings = readings();
        readings.begin(Timestamp::MAX);
        readings.add_count("disk_total", "bytes", &[("mount", "/"), ("filesystem", "ext4")], 5);
        let samples = readings.take();
        assert_eq!(samples[0].series.key(), r#"host/disk_total{filesystem="ext4",host="a",mount="/"} bytes"#);
        assert_eq!((samples[0].value, samples[0].collected_at), (5.0, Timestamp::MAX));
    }

    #[test]
    fn by_old_names_samples_are_of_the_series_that_the_platform_before_had() {
        for (source, label, name, unit, old) in [
            (
                "github",
                "repository",
                "stargazers_count",
                "stars",
                r#"GitHub/stargazers_count{repository="x"}"#,
            ),
            ("openweather", "city", "temperature", "°C", r#"OpenWeatherMap/temperature_celsius{city="x"}"#),
            (
                "uptime",
                "target",
                "availability_percent",
                "percent",
                r#"UptimeChecker/availability_percent{site="x"}"#,
            ),
            ("moex", "ticker", "price", "rubles", r#"moex/price{ticker="x"} rubles"#),
        ] {
            let mut readings = Readings::new(source, vec![(label, "x".to_owned())]).with_old_names(true);
            readings.begin(Timestamp::MAX);
            readings.add(name, unit, &[], 1.0);
            assert_eq!(readings.take()[0].series.key(), old);
        }
    }

    #[test]
    fn samples_of_one_series_share_it_and_a_series_that_is_gone_is_forgotten() {
        let mut readings = readings();
        let mut collect = |mounts: &[&str]| {
            readings.begin(Timestamp::MIN);
            for mount in mounts {
                readings.add("x", "", &[("mount", mount)], 1.0);
            }
            (readings.take(), readings.series.len() + readings.last_series.len())
        };
        let (first, _) = collect(&["/", "/home"]);
        let (second, _) = collect(&["/"]);
        assert!(Arc::ptr_eq(&first[0].series, &second[0].series));
        let (_, known) = collect(&["/"]);
        assert_eq!(known, 1);
    }

    #[test]
    fn a_value_that_makes_no_valid_sample_is_left_out_and_the_others_stay() {
        let mut readings = readings();
        readings.begin(Timestamp::MIN);
        readings.add("x", "", &[("mount", "/a\nb")], 1.0);
        readings.add("x", "", &[("mount", &"x".repeat(limits::MAX_LABEL_VALUE_BYTES + 1))], 2.0);
        readings.add("x", "", &[("mount", "/nan")], f64::NAN);
        readings.add("x", "", &[("mount", "/")], 3.0);
        readings.add("x", "", &[("mount", "/")], 4.0);
        assert_eq!(readings.take().iter().map(|sample| sample.value).collect::<Vec<_>>(), [3.0]);
    }
}
