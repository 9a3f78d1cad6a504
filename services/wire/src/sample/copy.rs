//! Records that say once more what was said before.
//!
//! Before it measures, the collector of the previous platform asks the cache, and publishes the value that it gets once
//! more: labelled `cached="true"`, with the present time, and without a key. A series may have such a label for other
//! reasons; a record of ours has the key of its series, and is none.

use watchkeeper_domain::Series;

/// The label, name and value, of what the collector of the previous platform publishes once more.
const MARK: (&str, &str) = ("cached", "true");

/// Whether a series is labelled as copies are ([`Decoded::Copy`](crate::Decoded::Copy)).
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
