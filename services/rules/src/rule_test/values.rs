//! Compact values: `100x5 0x4 _x10 100`.

use super::MAX_TEST_SAMPLES;
use std::str::FromStr;
use std::time::Duration;

/// Values at equal intervals; `None` for no sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values(Vec<Option<f64>>);

impl Values {
    /// The samples, the first at the start.
    pub(super) fn spread(&self, every: Duration) -> Vec<(Duration, f64)> {
        let samples = (0..).zip(&self.0).filter_map(|(index, value)| Some((every * index, (*value)?)));
        samples.collect()
    }
}

/// Each part is a number, or `_` for no sample, optionally with a repeat count: `0x4`.
impl FromStr for Values {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut values = Vec::new();
        for part in text.split_whitespace() {
            let (value, times) = part.split_once('x').unwrap_or((part, "1"));
            let value = match value {
                "_" => None,
                number => {
                    Some(number.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(form)?)
                }
            };
            let times: usize = times.parse().map_err(|_| form())?;
            if times > MAX_TEST_SAMPLES - values.len() {
                return Err(format!("has more than {MAX_TEST_SAMPLES} values"));
            }
            values.extend(std::iter::repeat_n(value, times));
        }
        if values.is_empty() { Err(form()) } else { Ok(Self(values)) }
    }
}

fn form() -> String {
    "must be values such as \"100x5 0x4 _x10 100\": a number, or _ for no sample, and a repeat count"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_repeated_and_gaps_are_left_out() {
        let second = Duration::from_secs(1);
        let values: Values = "1x2 _x2 -2.5 1e3".parse().unwrap();
        let expected = [(0, 1.0), (1, 1.0), (4, -2.5), (5, 1000.0)].map(|(at, value)| (at * second, value));
        assert_eq!(values.spread(second), expected);
    }

    #[test]
    fn as_many_values_as_fit_are_read_and_no_more() {
        assert!(format!("1x{} 2", MAX_TEST_SAMPLES - 1).parse::<Values>().is_ok());
        let more = format!("1x{MAX_TEST_SAMPLES} 2").parse::<Values>();
        assert_eq!(more, Err("has more than 10000 values".to_owned()));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in ["", "a", "1x", "1xx2", "infx2", "1x-1", "x3"] {
            assert!(text.parse::<Values>().unwrap_err().starts_with("must be values such as"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[0-9x_ e.-]{0,20}") {
            let _ = text.parse::<Values>();
        }
    }
}
