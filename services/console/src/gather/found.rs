//! The series that a search finds.

use crate::explore::Question;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use watchkeeper_domain::text::is_plain;
use watchkeeper_domain::{Natural, Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::PortError;
use watchkeeper_query::{Samples, Words};

/// Series on one page of the list.
pub const PAGE_SERIES: usize = 50;
/// Most completions of one field that a page has.
const MAX_COMPLETIONS: usize = 100;
/// Most completions of what is being typed.
pub const MAX_TYPED_COMPLETIONS: usize = 20;
/// Most series that a page without the wanted one offers instead.
const MAX_SIMILAR: usize = 8;

/// A page of the series that were found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// In natural order, at most [`PAGE_SERIES`].
    pub(crate) rows: Vec<Sample>,
    /// All that were found, of which `rows` are a part.
    pub(crate) all: Vec<Arc<Series>>,
    /// Whether some series were not searched.
    pub(crate) is_cut: bool,
    pub(crate) completions: Completions,
}

/// What may be typed into each field, in natural order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Completions {
    pub(crate) sources: Vec<String>,
    pub(crate) names: Vec<String>,
    /// `NAME=VALUE`.
    pub(crate) labels: Vec<String>,
}

/// A field that is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Text,
    Source,
    Name,
    Label,
}

impl Field {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "q" => Some(Self::Text),
            "source" => Some(Self::Source),
            "name" => Some(Self::Name),
            "label" => Some(Self::Label),
            _ => None,
        }
    }
}

/// The series that `question` asks for.
pub(super) async fn find(samples: &Samples, question: &Question, now: Timestamp) -> Result<Found, PortError> {
    let found = samples.search(&question.filter, now).await?;
    let completions = Completions::of(found.samples.iter().map(|sample| &*sample.series));
    let words = question.words();
    let matching: Vec<Sample> =
        found.samples.into_iter().filter(|sample| words.are_in(sample.series.key())).collect();
    let before = (question.page - 1).saturating_mul(PAGE_SERIES);
    Ok(Found {
        rows: matching.iter().skip(before).take(PAGE_SERIES).cloned().collect(),
        all: matching.into_iter().map(|sample| sample.series).collect(),
        is_cut: found.is_cut,
        completions,
    })
}

/// What `text` may become in `field`, given the other fields.
pub(super) async fn complete(
    samples: &Samples,
    question: &Question,
    (field, text): (Field, &str),
    now: Timestamp,
) -> Result<Vec<String>, PortError> {
    let mut filter = question.filter.clone();
    match field {
        Field::Source => filter.source = None,
        Field::Name => filter.name = None,
        Field::Text | Field::Label => {}
    }
    let found = samples.search(&filter, now).await?;
    let series = || found.samples.iter().map(|sample| &*sample.series);
    // Of a search, the last word is being typed; the others choose the series.
    let (before, typed) = match field {
        Field::Text => {
            text.rsplit_once(char::is_whitespace).map_or(("", text), |(before, typed)| (before, typed))
        }
        _ => ("", text),
    };
    let chosen = Words::of(before);
    let mut words: BTreeSet<String> = BTreeSet::new();
    for series in series().filter(|series| chosen.are_in(series.key())) {
        words.extend(field.words(series));
    }
    let typed = Words::of(typed);
    let mut words: Vec<String> = words.into_iter().filter(|word| typed.are_in(word)).collect();
    words.sort_by(|one, other| Natural(one).cmp(&Natural(other)));
    words.truncate(MAX_TYPED_COMPLETIONS);
    let prefix = if before.is_empty() { String::new() } else { format!("{before} ") };
    Ok(words.into_iter().map(|word| format!("{prefix}{word}")).collect())
}

impl Field {
    /// What of `series` may stand in this field.
    fn words(self, series: &Series) -> Vec<String> {
        let labels = || plain_labels(series).map(|(name, value)| format!("{name}={value}"));
        match self {
            Self::Source => vec![series.source().to_owned()],
            Self::Name => vec![series.name().to_owned()],
            Self::Label => labels().collect(),
            // In the key a value is quoted; a word has no spaces.
            Self::Text => {
                let labels = plain_labels(series).map(|(name, value)| format!("{name}=\"{value}\""));
                let words = [series.source().to_owned(), series.name().to_owned()].into_iter().chain(labels);
                words.filter(|word| !word.contains(char::is_whitespace)).collect()
            }
        }
    }
}

/// The labels that a field can show as they are.
fn plain_labels(series: &Series) -> impl Iterator<Item = (&str, &str)> {
    series.labels().filter(|(name, value)| name.chars().chain(value.chars()).all(is_plain))
}

impl Completions {
    fn of<'s>(series: impl Iterator<Item = &'s Series> + Clone) -> Self {
        let sources: HashSet<&str> = series.clone().map(Series::source).collect();
        let names: HashSet<&str> = series.clone().map(Series::name).collect();
        let labels: HashSet<(&str, &str)> = series.flat_map(plain_labels).collect();
        let mut labels: Vec<(&str, &str)> = labels.into_iter().collect();
        labels.sort_by(|one, other| {
            (Natural(one.0), Natural(one.1)).cmp(&(Natural(other.0), Natural(other.1)))
        });
        labels.truncate(MAX_COMPLETIONS);
        Self {
            sources: first_words(sources),
            names: first_words(names),
            labels: labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
        }
    }
}

fn first_words(words: HashSet<&str>) -> Vec<String> {
    let mut words: Vec<&str> = words.into_iter().collect();
    words.sort_by(|one, other| Natural(one).cmp(&Natural(other)));
    words.into_iter().take(MAX_COMPLETIONS).map(str::to_owned).collect()
}

/// Series like one that is not there: with the same name, or a similar one, the same source first.
pub(super) async fn similar(
    samples: &Samples,
    wanted: &Series,
    now: Timestamp,
) -> Result<Vec<Arc<Series>>, PortError> {
    let found = samples.search(&SeriesFilter::default(), now).await?;
    let names: BTreeSet<&str> = found.samples.iter().map(|sample| sample.series.name()).collect();
    let name = if names.contains(wanted.name()) {
        Some(wanted.name())
    } else {
        watchkeeper_config::closest(wanted.name(), names.iter().copied())
    };
    let words = Words::of(&wanted.name().replace(['_', '.', '/', '-', ':'], " "));
    let is_similar = |series: &Series| match name {
        Some(name) => series.name() == name,
        None => words.are_in(series.name()),
    };
    let mut similar: Vec<Arc<Series>> = found
        .samples
        .iter()
        .map(|sample| Arc::clone(&sample.series))
        .filter(|series| is_similar(series))
        .collect();
    similar.sort_by_key(|series| (series.source() != wanted.source(), labels_that_differ(series, wanted)));
    similar.truncate(MAX_SIMILAR);
    Ok(similar)
}

fn labels_that_differ(one: &Series, other: &Series) -> usize {
    let missing = |one: &Series, other: &Series| {
        one.labels().filter(|(name, value)| other.label(name) != Some(value)).count()
    };
    missing(one, other) + missing(other, one)
}
