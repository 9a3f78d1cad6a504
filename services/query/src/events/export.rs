//! All matching events, page after page.

use super::Events;
use super::question::EventsQuestion;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use watchkeeper_domain::Event;
use watchkeeper_ports::PortError;

/// Events that an export holds at once.
pub const EXPORT_PAGE: usize = 500;

impl Events {
    /// All events from `question.after` on, a page at a time, whatever `question.limit` is. Memory is that of a page. A
    /// search that takes long is continued; the stream ends after an error.
    pub fn export(
        &self,
        question: EventsQuestion,
    ) -> impl Stream<Item = Result<Vec<Event>, PortError>> + Send + 'static {
        let first = Some(EventsQuestion { limit: EXPORT_PAGE, ..question });
        try_unfold((self.clone(), first), |(events, question)| async move {
            let Some(mut question) = question else { return Ok(None) };
            let page = events.search(&question).await?;
            if page.next.is_some() && page.next == question.after {
                let reason = "the search does not move on: narrow the query".to_owned();
                return Err(PortError::Unavailable { what: "store", reason });
            }
            question.after = page.next;
            let rest = page.next.is_some().then_some(question);
            Ok(Some((page.events, (events, rest))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Scripted, event, question};
    use super::*;
    use futures_util::{StreamExt as _, TryStreamExt as _, pin_mut};

    #[tokio::test]
    async fn an_export_has_every_event_once_page_after_page_and_goes_on_where_a_search_took_too_long() {
        let store = Scripted::with((0..1_234).map(|number| event(number / 10, &number.to_string())));
        store.stop_after(333);
        let pages: Vec<_> = store.events().export(question(1)).try_collect().await.unwrap();
        assert!(pages.iter().all(|page| page.len() <= EXPORT_PAGE));
        let messages: Vec<_> = pages.into_iter().flatten().map(|event| event.message).collect();
        assert_eq!(messages, (0..1_234).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn an_export_that_fails_ends_with_the_error() {
        let store = Scripted::with((0..1_000).map(|number| event(number, "line")));
        let export = store.events().export(question(1));
        pin_mut!(export);
        assert_eq!(export.next().await.unwrap().unwrap().len(), EXPORT_PAGE);
        store.fail();
        assert!(export.next().await.unwrap().is_err());
        assert!(export.next().await.is_none());
    }
}
