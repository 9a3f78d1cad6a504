//! Paging.

use std::sync::Arc;
use watchkeeper_domain::Series;
use watchkeeper_ports::Page;

/// Series in a page.
const LIMIT: usize = 7;

/// Reads page after page until one is empty. Every page continues after the previous one.
pub(crate) async fn page_by_page<T>(
    ask: impl AsyncFn(&Page) -> Vec<T>,
    series_of: impl Fn(&T) -> &Arc<Series>,
) -> Vec<T> {
    let (mut page, mut found) = (Page::first(LIMIT), Vec::new());
    loop {
        let answer = ask(&page).await;
        assert!(answer.len() <= LIMIT, "{} series, asked for {LIMIT}", answer.len());
        let (Some(first), Some(last)) = (answer.first(), answer.last()) else { return found };
        assert!(page.after.is_none_or(|after| *after < *series_of(first).key()), "a page comes again");
        page.after = Some(series_of(last).key().to_owned());
        found.extend(answer);
    }
}
