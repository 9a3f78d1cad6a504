//! Where events are printed.

use super::line::Style;
use crate::command::table::escaped;
use serde::Serialize;
use std::io::{self, Write};
use watchkeeper_wire::json::EventJson;

/// What separates events that do not follow each other, as in `grep`.
const GAP: &str = "--";

/// Prints events, and says what is to be said about them.
pub(super) struct Screen<'s> {
    out: &'s mut dyn Write,
    say: &'s dyn Fn(&str),
    style: Style,
    json: bool,
}

impl<'s> Screen<'s> {
    pub(super) fn new(out: &'s mut dyn Write, say: &'s dyn Fn(&str), style: Style, json: bool) -> Self {
        Self { out, say, style, json }
    }

    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Says something apart from the events.
    pub(super) fn say(&self, text: &str) {
        (self.say)(text);
    }

    /// Says that there is nothing to print: a program sees it.
    pub(super) fn say_nothing_found(&self, has_range: bool) {
        if !self.json {
            let hint = if has_range { "" } else { " in the last hour: use --from for earlier ones" };
            self.say(&format!("no events match{hint}"));
        }
    }

    pub(super) fn print(&mut self, event: &EventJson) -> anyhow::Result<()> {
        if self.json {
            return self.print_json(event);
        }
        Ok(writeln!(self.out, "{}", self.style.shown(event))?)
    }

    /// With a mark in front of the lines of those that were asked for.
    pub(super) fn print_marked(&mut self, event: &EventJson, is_asked_for: bool) -> io::Result<()> {
        let mark = if is_asked_for { "> " } else { "  " };
        let shown = self.style.shown(event);
        shown.lines().try_for_each(|line| writeln!(self.out, "{mark}{line}"))
    }

    pub(super) fn print_gap(&mut self) -> io::Result<()> {
        writeln!(self.out, "{GAP}")
    }

    pub(super) fn print_json(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "{}", escaped(&serde_json::to_string(value)?))?)
    }

    /// Shows what was printed so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
