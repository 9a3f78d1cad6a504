//! Series that are easily confused, and filters that match some of them.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::sync::Arc;
use watchkeeper_domain::{Series, SeriesFilter};

/// How many queries of a kind to make, each from a seed that a failure reports.
const QUESTIONS: u64 = 50;

/// Series whose keys are easily sorted or filtered wrongly.
pub(crate) fn confusable() -> Vec<Arc<Series>> {
    let mut all = Vec::new();
    for source in ["host", "host-2", "Host", "höst", "a"] {
        for name in ["load", "load1", "load/1", "Load", "l"] {
            all.push(Series::new(source, name, "", &[]));
            all.push(Series::new(source, name, "percent", &[]));
            all.push(Series::new(source, name, "", &[("cpu", "0"), ("host", "a")]));
            all.push(Series::new(source, name, "", &[("host", "a%_'\"\\,{}€")]));
        }
    }
    all.into_iter().map(|series| Arc::new(series.unwrap())).collect()
}

/// The filters, with their seeds.
pub(crate) fn filters() -> impl Iterator<Item = (u64, SeriesFilter)> {
    let any = (0..QUESTIONS).map(|seed| (seed, any_filter(&mut StdRng::seed_from_u64(seed))));
    let one = (QUESTIONS..).zip(confusable()).map(|(number, series)| (number, SeriesFilter::only(&series)));
    any.chain(one.step_by(3))
}

/// Each condition is that of a random series, or absent.
fn any_filter(random: &mut StdRng) -> SeriesFilter {
    let all = confusable();
    let mut any = || random.random::<bool>().then(|| Arc::clone(&all[random.random_range(0..all.len())]));
    let (source, name, labels) = (any(), any(), any());
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    SeriesFilter {
        source: source.map(|series| series.source().to_owned()),
        name: name.map(|series| series.name().to_owned()),
        labels: labels.map(|series| series.labels().map(owned).collect()).unwrap_or_default(),
        key: None,
    }
}
