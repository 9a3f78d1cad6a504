//! The order in which people look things up: digits count as numbers.

use crate::Series;
use std::cmp::Ordering;

/// A text in natural order: `disk2` before `disk10`, `a` before `answer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Natural<'a>(pub &'a str);

/// A run of digits or of anything else. A number is ordered by its digits without leading zeros: fewer are less.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Run<'a> {
    Number(usize, &'a [u8]),
    Text(&'a [u8]),
}

impl<'a> Natural<'a> {
    fn runs(self) -> impl Iterator<Item = Run<'a>> {
        let runs = self.0.as_bytes().chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit());
        runs.map(|run| match run {
            [b'0'..=b'9', ..] => {
                let zeros = run.iter().take_while(|digit| **digit == b'0').count();
                Run::Number(run.len() - zeros, &run[zeros..])
            }
            _ => Run::Text(run),
        })
    }
}

/// Only equal texts are equal: those that differ in leading zeros are ordered byte by byte.
impl Ord for Natural<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 == other.0 {
            return Ordering::Equal;
        }
        self.runs().cmp(other.runs()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Natural<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Series {
    /// Compares by source, name, labels and unit, each in natural order: `a`, `a x=5`, `answer`. The order of keys
    /// differs, as a brace comes after letters.
    #[must_use]
    pub fn cmp_naturally(&self, other: &Self) -> Ordering {
        Natural(self.source())
            .cmp(&Natural(other.source()))
            .then_with(|| Natural(self.name()).cmp(&Natural(other.name())))
            .then_with(|| self.natural_labels().cmp(other.natural_labels()))
            .then_with(|| Natural(self.unit()).cmp(&Natural(other.unit())))
    }

    fn natural_labels(&self) -> impl Iterator<Item = (Natural<'_>, Natural<'_>)> {
        self.labels().map(|(name, value)| (Natural(name), Natural(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(keys: &[&str]) -> Vec<String> {
        let mut series: Vec<Series> = keys.iter().map(|key| key.parse().unwrap()).collect();
        series.sort_by(Series::cmp_naturally);
        series.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn series_are_ordered_by_source_name_and_labels_and_not_by_their_text() {
        let expected = [
            "demo/a",
            r#"demo/a{x="5"}"#,
            r#"demo/a{x="10"}"#,
            r#"demo/a{x="10",y="1"}"#,
            "demo/answer",
            "demo2/a",
            "demo10/a",
        ];
        let mut shuffled = expected;
        shuffled.reverse();
        shuffled.swap(0, 3);
        assert_eq!(sorted(&shuffled), expected);
    }

    proptest! {
        #[test]
        fn any_texts_have_one_order(mut texts in proptest::collection::vec("[a0-9é]{0,4}", 3)) {
            texts.sort_by(|one, other| Natural(one).cmp(&Natural(other)));
            prop_assert!(texts.is_sorted_by(|one, other| Natural(one) <= Natural(other)));
            prop_assert!(Natural(&texts[0]) <= Natural(&texts[2]));
            for (one, other) in texts.iter().zip(&texts[1..]) {
                prop_assert_eq!(Natural(one).cmp(&Natural(other)), Natural(other).cmp(&Natural(one)).reverse());
                prop_assert_eq!(Natural(one) == Natural(other), Natural(one).cmp(&Natural(other)).is_eq());
            }
        }

        #[test]
        fn numbers_are_ordered_by_their_value(one: u32, other: u32) {
            prop_assert_eq!(Natural(&one.to_string()).cmp(&Natural(&other.to_string())), one.cmp(&other));
        }
    }
}
