//! What deletion promises in every store.

use crate::samples::series;
use std::sync::Arc;
use watchkeeper_domain::{Series, SeriesFilter};
use watchkeeper_ports::{Deleted, SeriesDeletion};

/// More series than any store deletes in one step, but few enough for every engine.
pub(crate) const MANY_SERIES: usize = 1_200;

/// Many series of one name, and the number of each as a label.
pub(crate) fn many_series() -> impl Iterator<Item = Arc<Series>> {
    (0..MANY_SERIES).map(|number| series("many", &[("number", &format!("{number:04}"))]))
}

/// All steps; what they have deleted together.
pub(crate) async fn delete_all<S: SeriesDeletion + ?Sized>(store: &S, filter: &SeriesFilter) -> Deleted {
    let (mut all, mut after) = (Deleted::default(), String::new());
    loop {
        let step = store.delete(filter, &after).await.unwrap();
        all.series += step.series;
        all.items += step.items;
        match step.next {
            None => return all,
            Some(next) => {
                assert!(next >= after, "steps never go back");
                assert!(step.items > 0 || next > after, "every step does something");
                after = next;
            }
        }
    }
}

/// What was deleted.
pub(crate) fn deleted(series: usize, items: usize) -> Deleted {
    Deleted { series: series as u64, items: items as u64, next: None }
}
