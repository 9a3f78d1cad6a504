//! A place in the text of a query.

use super::FilterError;
use crate::text;

/// Most bytes of a query that an error shows.
const MAX_SHOWN_BYTES: usize = 60;

/// A place in the text of a query.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'q> {
    text: &'q str,
    at: usize,
}

impl<'q> Cursor<'q> {
    pub(super) const fn new(text: &'q str) -> Self {
        Self { text, at: 0 }
    }

    /// In bytes from the start.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'q str {
        &self.text[self.at..]
    }

    /// What was passed since `start`.
    pub(super) fn since(&self, start: usize) -> &'q str {
        &self.text[start..self.at]
    }

    /// The word before this place.
    pub(super) fn last_word(&self) -> &'q str {
        self.text[..self.at].split_whitespace().next_back().unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether a word ends here: at a blank, or at the end of the query.
    pub(super) fn is_at_blank(&self) -> bool {
        self.peek().is_none_or(char::is_whitespace)
    }

    pub(super) fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Passes `text`, if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let comes = self.rest().starts_with(text);
        if comes {
            self.at += text.len();
        }
        comes
    }

    /// The characters up to the next blank or quote. A closing parenthesis ends them, too, unless it closes one of
    /// their own, as in `main()`.
    pub(super) fn word(&self) -> &'q str {
        let rest = self.rest();
        let mut open = 0_u32;
        for (at, c) in rest.char_indices() {
            match c {
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' | '"' => return &rest[..at],
                c if c.is_whitespace() => return &rest[..at],
                _ => {}
            }
        }
        rest
    }

    /// The text in the quotes that begin here. Before a quote or a backslash, a backslash is left out; elsewhere it
    /// stays, so that `\d` need not be written `\\d`.
    pub(super) fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(wrong(start, format!("the quote at {} is never closed: write \" at its end", shown(self.rest()))))
    }
}

pub(super) fn wrong(at: usize, reason: impl Into<String>) -> FilterError {
    FilterError { at, reason: reason.into() }
}

/// A part of the query in an error.
pub(super) fn shown(part: &str) -> String {
    let head = text::head(part, MAX_SHOWN_BYTES);
    let rest = if head.len() < part.len() { "…" } else { "" };
    format!("`{}{rest}`", text::line(head.trim_end()))
}
