//! How the services of the previous platform read a record of topic `metrics`.
//!
//! They are written in Go, and read JSON as `encoding/json` does: into the fields of a struct, by name and
//! ignoring case. Unknown fields are skipped, and missing ones keep their zero values.

use serde_json::{Map, Value};
use watchkeeper_domain::Timestamp;

/// The struct.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metric {
    pub source: String,
    pub name: String,
    pub value: f64,
    /// `None` is the nil map.
    pub labels: Option<Map<String, Value>>,
    /// `None` is the year 1.
    pub collected_at: Option<Timestamp>,
}

/// Reads a record.
///
/// # Errors
/// As `json.Unmarshal`: for text that is not JSON, or a value of another type.
pub fn read(record: &[u8]) -> Result<Metric, String> {
    let json: Map<String, Value> = serde_json::from_slice(record).map_err(|error| error.to_string())?;
    let mut metric = Metric::default();
    for (name, value) in json {
        let wrong = || format!("cannot unmarshal {value} into the field {name}");
        // Only case is folded: an underscore is a letter of the name.
        match name.to_lowercase().as_str() {
            _ if value.is_null() => {}
            "source" => value.as_str().ok_or_else(wrong)?.clone_into(&mut metric.source),
            "name" => value.as_str().ok_or_else(wrong)?.clone_into(&mut metric.name),
            "value" => metric.value = value.as_f64().ok_or_else(wrong)?,
            "labels" => metric.labels = Some(value.as_object().ok_or_else(wrong)?.clone()),
            "collectedat" => {
                let time = value.as_str().and_then(|text| text.parse().ok());
                metric.collected_at = Some(time.ok_or_else(wrong)?);
            }
            _ => {}
        }
    }
    Ok(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_any_case_of_letters_but_an_underscore_makes_another() {
        let read = |json: &str| read(json.as_bytes()).unwrap();
        let metric = read(
            r#"{"ID":7,"source":"a","NAME":"b","unit":"c","labels":{"d":"e"},"value":1.5,"CollectedAt":"2026-11-20T10:00:00Z"}"#,
        );
        assert_eq!((metric.source.as_str(), metric.name.as_str(), metric.value), ("a", "b", 1.5));
        assert_eq!(metric.labels.unwrap()["d"], "e");
        assert!(metric.collected_at.is_some());
        let old = read(r#"{"source":"a","name":"b","labels":null,"collected_at":"2026-11-20T10:00:00Z"}"#);
        assert_eq!((old.labels, old.collected_at), (None, None));
    }
}
