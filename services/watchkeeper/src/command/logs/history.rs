//! What was said before now.

use super::{Client, IsNew, Parameters, Range, Screen};
use watchkeeper_wire::json::{EventJson, EventList};

/// Events per page.
const PAGE: usize = 1_000;

/// Prints the events of a range, oldest first, as far as `is_new` lets them pass; returns how many.
pub(super) fn print(
    client: &Client,
    question: &Parameters,
    range: &Range,
    screen: &mut Screen<'_>,
    is_new: &mut IsNew<'_>,
) -> anyhow::Result<usize> {
    let mut printed = 0;
    let mut print = |events: Vec<EventJson>, screen: &mut Screen<'_>| {
        for event in events.iter().filter(|event| is_new(event)) {
            screen.print(event)?;
            printed += 1;
        }
        anyhow::Ok(screen.flush()?)
    };
    if let Some(most) = range.newest {
        print(newest(client, question, range, most, screen)?, screen)?;
        return Ok(printed);
    }
    // Page by page, so that any number needs no memory.
    let mut question = range.of_question(question);
    question.set("order", "oldest");
    question.set("limit", PAGE.to_string());
    each_page(client, question, |events| {
        print(events, screen)?;
        Ok(true)
    })?;
    Ok(printed)
}

/// The newest `most` events, oldest first. Says if there are more.
pub(super) fn newest(
    client: &Client,
    question: &Parameters,
    range: &Range,
    most: usize,
    screen: &Screen<'_>,
) -> anyhow::Result<Vec<EventJson>> {
    let mut question = range.of_question(question);
    question.set("order", "newest");
    // One more than is printed, to know that there is one.
    question.set("limit", most.saturating_add(1).min(PAGE).to_string());
    let mut found = Vec::new();
    each_page(client, question, |events| {
        found.extend(events);
        Ok(found.len() <= most)
    })?;
    if found.len() > most {
        found.truncate(most);
        if range.from.is_some() {
            screen.say(&format!("only the newest {most} are shown: use a higher --limit N for more"));
        }
    }
    found.reverse();
    Ok(found)
}

/// Passes on page by page, until the last one, or `take` returns false. A page may have no events if the search takes
/// long; then it continues with the next one.
fn each_page(
    client: &Client,
    mut question: Parameters,
    mut take: impl FnMut(Vec<EventJson>) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    loop {
        let page: EventList = client.get("/v1/events", &question)?;
        if !take(page.events)? {
            return Ok(());
        }
        match page.next {
            Some(next) => question.set("after", next),
            None => return Ok(()),
        }
    }
}
