//! Finds series by parts of their keys.

use crate::page::PageQuestion;
use crate::samples::Samples;
use std::collections::BTreeMap;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::PortError;

/// Most series that one search reads, some ten milliseconds of work.
pub const MAX_SEARCHED: usize = 20_000;
/// Most words of a search; further ones are ignored.
pub const MAX_WORDS: usize = 16;
/// Series read at once.
const PAGE: usize = 1_000;

/// The words of a search. Each must occur somewhere in the key of a series, in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of `text`, at most [`MAX_WORDS`].
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.split_whitespace().take(MAX_WORDS).map(str::to_lowercase).collect())
    }

    /// Whether there are none: then every text has all of them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `text` contains all words.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        if self.is_empty() {
            return true;
        }
        let text = text.to_lowercase();
        self.0.iter().all(|word| text.contains(word))
    }
}

/// Series with their latest samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchFound {
    /// All series that were read, in natural order ([`Series::cmp_naturally`]).
    pub samples: Vec<Sample>,
    /// Whether there are more than [`MAX_SEARCHED`] of this source and name, the rest of which was not read.
    pub is_cut: bool,
}

impl Samples {
    /// The latest samples of the matching series, of which at most [`MAX_SEARCHED`] are read. Only source and name are
    /// looked up; the rest of `filter` is compared with what was read.
    ///
    /// # Errors
    /// As for [`Self::latest`].
    pub async fn search(&self, filter: &SeriesFilter, now: Timestamp) -> Result<SearchFound, PortError> {
        let looked_up = SeriesFilter { labels: BTreeMap::new(), ..filter.clone() };
        let mut question = PageQuestion { filter: looked_up, limit: PAGE, cursor: None };
        let (mut samples, mut read, mut is_cut) = (Vec::new(), 0, false);
        loop {
            let page = self.latest(&question, now).await?;
            read += page.items.len();
            samples.extend(page.items.into_iter().filter(|sample| filter.matches(&sample.series)));
            question.cursor = page.next;
            if question.cursor.is_none() {
                break;
            }
            if read >= MAX_SEARCHED {
                is_cut = true;
                break;
            }
        }
        // By key they are nearly sorted, which a stable sort makes use of.
        samples.sort_by(|one, other| Series::cmp_naturally(&one.series, &other.series));
        Ok(SearchFound { samples, is_cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use watchkeeper_test_kit::World;

    #[test]
    fn each_word_may_occur_anywhere_in_any_case() {
        let key = r#"uptime/availability_percent{target="Shop"} percent"#;
        for text in ["", "avail", "SHOP up", "  percent\tshop ", r#"target="shop""#] {
            assert!(Words::of(text).are_in(key), "{text:?}");
        }
        assert!(!Words::of("shop blog").are_in(key));
    }

    #[test]
    fn words_past_the_most_are_ignored() {
        let text = format!("{}missing", "up ".repeat(MAX_WORDS));
        assert!(Words::of(&text).are_in("uptime/latency"));
        assert!(!Words::of(&text[3..]).are_in("uptime/latency"));
    }

    async fn world(series: usize) -> (World, Samples, Timestamp) {
        let (world, now) = (World::new(), Timestamp::now());
        let sample = |number: usize| {
            let number = number.to_string();
            let labels = [("cpu", number.as_str())];
            Sample::new(Arc::new(Series::new("host", "load", "", &labels).unwrap()), now, 1.0)
        };
        world.cache(&(0..series).map(sample).collect::<Vec<_>>()).await;
        let samples = Samples::new(world.samples.inner(), world.latest.clone(), 1);
        (world, samples, now)
    }

    #[tokio::test]
    async fn what_is_found_is_in_natural_order() {
        let (_world, samples, now) = world(12).await;
        let found = samples.search(&SeriesFilter::default(), now).await.unwrap();
        let labels: Vec<_> = found.samples.iter().filter_map(|one| one.series.label("cpu")).collect();
        assert_eq!(labels, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
        assert!(!found.is_cut);
        let last = SeriesFilter::only(&found.samples[11].series);
        assert_eq!(samples.search(&last, now).await.unwrap().samples.len(), 1);
    }

    #[tokio::test]
    async fn a_search_reads_the_most_series_and_says_that_there_are_more() {
        let (_world, samples, now) = world(MAX_SEARCHED + 1).await;
        let found = samples.search(&SeriesFilter::default(), now).await.unwrap();
        assert_eq!((found.samples.len(), found.is_cut), (MAX_SEARCHED, true));
        let none = SeriesFilter { name: Some("other".to_owned()), ..SeriesFilter::default() };
        assert_eq!(samples.search(&none, now).await.unwrap(), SearchFound::default());
    }

    proptest! {
        #[test]
        fn every_part_of_a_key_finds_it(key in "[a-zA-Z0-9/{}=\"]{1,30}", from in 0_usize..30, length in 0_usize..30) {
            let from = from.min(key.len());
            let to = (from + length).min(key.len());
            prop_assert!(Words::of(&key[from..to].to_uppercase()).are_in(&key));
        }
    }
}
