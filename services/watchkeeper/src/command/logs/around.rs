//! Events with what was said around them.

use super::history::newest;
use super::seen::Seen;
use super::{Client, Parameters, Range, Screen};
use crate::command::client::segment;
use std::collections::HashSet;
use watchkeeper_wire::json::{EventAround, EventJson};

/// Prints each event with `neighbours` before and after it; none twice.
pub(super) fn print(
    client: &Client,
    question: &Parameters,
    range: &Range,
    neighbours: usize,
    screen: &mut Screen<'_>,
) -> anyhow::Result<()> {
    let most = range.newest.unwrap_or(super::NEWEST);
    let found = newest(client, question, range, most, screen)?;
    if found.is_empty() {
        screen.say_nothing_found(range.from.is_some());
    }
    let asked_for: HashSet<_> = found.iter().map(|event| event.id.clone()).collect();
    let (mut printed, mut is_hint_said) = (Printed::default(), false);
    for event in found {
        let mut wanted = Parameters::default();
        wanted.set("around", neighbours.to_string());
        let around: EventAround = client.get(&format!("/v1/events/{}", segment(&event.id)), &wanted)?;
        if let Some(hint) = around.partial.hint.as_ref().filter(|_| !is_hint_said) {
            screen.say(&format!("not all neighbours were found in time: {hint}"));
            is_hint_said = true;
        }
        if screen.is_json() {
            screen.print_json(&around)?;
        } else {
            printed.add(&around, &asked_for, screen)?;
        }
    }
    Ok(screen.flush()?)
}

/// What is on the screen.
#[derive(Default)]
struct Printed {
    seen: Seen,
    is_begun: bool,
}

impl Printed {
    /// Prints what is not there yet, after a gap unless it continues what is there.
    fn add(
        &mut self,
        around: &EventAround,
        asked_for: &HashSet<String>,
        screen: &mut Screen<'_>,
    ) -> anyhow::Result<()> {
        let EventAround { event, before, after, .. } = around;
        let all: Vec<&EventJson> = before.iter().chain([event]).chain(after).collect();
        let continues = all.first().is_some_and(|first| self.seen.has(&first.id));
        if self.is_begun && !continues {
            screen.print_gap()?;
        }
        self.is_begun = true;
        for event in all {
            if self.seen.is_new(&event.id) {
                screen.print_marked(event, asked_for.contains(&event.id))?;
            }
        }
        Ok(())
    }
}
