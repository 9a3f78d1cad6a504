//! Conversion of samples to the messages of the previous platform.

use super::{api, cache};
use watchkeeper_domain::Sample;

impl From<&Sample> for api::Metric {
    fn from(sample: &Sample) -> Self {
        let series = &sample.series;
        Self {
            source: series.source().to_owned(),
            name: series.name().to_owned(),
            value: sample.value,
            labels: series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            collected_at: sample.collected_at.to_string(),
        }
    }
}

impl From<&Sample> for cache::Metric {
    fn from(sample: &Sample) -> Self {
        let api::Metric { source, name, value, labels, collected_at } = sample.into();
        Self { source, name, value, labels, collected_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use std::fmt;
    use std::sync::Arc;
    use watchkeeper_domain::Series;

    fn sample() -> Sample {
        let series = Series::new("github", "stars", "", &[("a", "b")]).unwrap();
        Sample::new(Arc::new(series), "2026-11-20T10:00:00Z".parse().unwrap(), 1.5)
    }

    /// A line for each field: its number and wire type, its length, its bytes.
    const METRIC: &str = concat!(
        "0a06676974687562",                             // source, field 1: "github"
        "12057374617273",                               // name, field 2: "stars"
        "19000000000000f83f",                           // value, field 3: 1.5, little-endian
        "22060a0161120162",                             // labels, field 4: key "a", value "b"
        "2a14323032362d31312d32305431303a30303a30305a", // collected_at, field 5
    );

    /// The bytes of `message` are `expected`, and are read back as it.
    fn assert_bytes<M: Message + Default + PartialEq + fmt::Debug>(message: &M, expected: &str) {
        let bytes = message.encode_to_vec();
        let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert_eq!(hex, expected);
        assert_eq!(M::decode(&*bytes).unwrap(), *message);
    }

    #[test]
    fn a_request_has_the_bytes_that_old_clients_send() {
        let (source, name) = ("github".to_owned(), "stars".to_owned());
        let bytes = "0a06676974687562".to_owned() + "12057374617273";
        assert_bytes(&api::GetMetricRequest { source: source.clone(), name: name.clone() }, &bytes);
        assert_bytes(&cache::GetMetricRequest { source: source.clone(), name: name.clone() }, &bytes);
        // A limit of 300 is the varint ac 02.
        assert_bytes(&api::GetMetricsRequest { source, name, limit: 300 }, &(bytes + "18ac02"));
    }

    #[test]
    fn a_metric_has_the_bytes_that_old_clients_read() {
        // The metric is field 1, 54 bytes long.
        let bytes = format!("0a36{METRIC}");
        assert_bytes(&api::GetMetricResponse { metric: Some((&sample()).into()) }, &bytes);
        assert_bytes(&cache::GetMetricResponse { metric: Some((&sample()).into()) }, &bytes);
    }

    #[test]
    fn an_unknown_metric_is_an_empty_message() {
        assert_bytes(&api::GetMetricResponse { metric: None }, "");
        assert_bytes(&cache::GetMetricResponse { metric: None }, "");
    }

    #[test]
    fn a_list_of_metrics_repeats_the_field() {
        let metrics = vec![(&sample()).into(), api::Metric::default()];
        assert_bytes(&api::GetMetricsResponse { metrics }, &format!("0a36{METRIC}0a00"));
    }
}
