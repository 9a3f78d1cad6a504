//! Copies of earlier records.
//!
//! Before measuring, the collector of the previous platform reads the cache, and publishes a cached value again: labelled
//! `cached="true"`, with the current time, and without a key. Records of our own with such a label are not copies; they
//! have the key of their series.

use watchkeeper_domain::Series;

/// The label, name and value, of copies published by the collector of the previous platform.
const MARK: (&str, &str) = ("cached", "true");

/// Whether a series has the label of copies ([`Decoded::Copy`](crate::Decoded::Copy)).
pub fn is_marked(series: &Series) -> bool {
    let (name, value) = MARK;
    series.label(name) == Some(value)
}

/// Whether the record with this key is a copy, given whether its series is marked.
pub(super) fn is_copy(key: &[u8], series: &Series, is_marked: bool) -> bool {
    is_marked && key != series.key().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_copy_that_is_labelled_so_and_has_not_the_key_of_its_series() {
        for (labels, marked) in [
            (&[("cached", "true"), ("repository", "golang/go")][..], true),
            (&[("cached", "false")], false),
            (&[("Cached", "true")], false),
            (&[], false),
        ] {
            let series = Series::new("GitHub", "stars", "", labels).unwrap();
            assert_eq!(is_marked(&series), marked, "{series}");
            for key in ["", "GitHub", series.key()] {
                let expected = marked && key != series.key();
                assert_eq!(is_copy(key.as_bytes(), &series, marked), expected, "{series} keyed {key}");
            }
        }
    }
}
