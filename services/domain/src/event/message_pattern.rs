//! What messages have in common that differ in numbers, ids and quoted texts.

use super::{Condition, Field, Pattern, Test};
use std::fmt;

/// How much of the first line of a message makes its pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 256;

/// A word that has a digit, as a regular expression.
const VARIABLE: &str = "[0-9A-Za-z_.:@-]*[0-9][0-9A-Za-z_.:@-]*";

/// The pattern of a message: its first line, in which each word with a digit and each quoted text stands for any other. So
/// `payment 17 of "bob" failed after 2.5s` has the pattern `payment # of "…" failed after #`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessagePattern {
    pieces: Vec<Piece>,
    /// Whether the first line goes on.
    is_cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Piece {
    /// As it is.
    Text(String),
    /// A word that has a digit.
    Variable,
    /// A text between two of this quote.
    Quoted(char),
}

impl MessagePattern {
    /// The pattern of `message`.
    #[must_use]
    pub fn of(message: &str) -> Self {
        let line = message.split('\n').next().unwrap_or_default().trim_end();
        let head = crate::text::head(line, MAX_PATTERN_BYTES);
        let is_cut = head.len() < line.len();
        let mut pattern = Self { pieces: Vec::new(), is_cut };
        let mut rest = if is_cut { without_last_word(head) } else { head };
        while let Some(first) = rest.chars().next() {
            // An apostrophe, as in `can't`, begins no quoted text.
            let is_within_word =
                matches!(pattern.pieces.last(), Some(Piece::Text(text)) if text.ends_with(is_of_word));
            let quoted = Some(first).filter(|c| matches!(c, '"' | '\'' | '`') && !is_within_word);
            let closing = quoted.and_then(|quote| rest[1..].find(quote));
            let word = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            let taken = match (quoted, closing) {
                (Some(quote), Some(closing)) => {
                    pattern.pieces.push(Piece::Quoted(quote));
                    closing + 2
                }
                _ if word == 0 => {
                    pattern.push_text(&rest[..first.len_utf8()]);
                    first.len_utf8()
                }
                _ => {
                    pattern.push_word(&rest[..word]);
                    word
                }
            };
            rest = &rest[taken..];
        }
        pattern
    }

    fn push_word(&mut self, word: &str) {
        if word.chars().any(|c| c.is_ascii_digit()) {
            self.pieces.push(Piece::Variable);
        } else {
            self.push_text(word);
        }
    }

    fn push_text(&mut self, text: &str) {
        if let Some(Piece::Text(before)) = self.pieces.last_mut() {
            before.push_str(text);
        } else {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
    }

    /// Selects the events whose messages have this pattern, and are not empty.
    ///
    /// # Panics
    /// If its regular expression were too large, which one of [`MAX_PATTERN_BYTES`] is not.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let mut regex = "^".to_owned();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => regex.push_str(&regex::escape(text)),
                Piece::Variable => regex.push_str(VARIABLE),
                Piece::Quoted(quote) => regex.extend([*quote, '[', '^', *quote, ']', '*', *quote]),
            }
        }
        if !self.is_cut {
            regex.push_str(r"\s*(\n|$)");
        }
        let regex = Pattern::new(&regex).expect("it is a small regular expression");
        let matches = Condition::Field(Field::Message, Test::Matches(regex));
        // Stores find a text faster than a regular expression.
        let texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.trim()),
            Piece::Variable | Piece::Quoted(_) => None,
        });
        let longest = texts.max_by_key(|text| text.len()).filter(|text| !text.is_empty());
        let contains = longest.map(|text| Condition::Contains(text.to_owned()));
        Condition::All(contains.into_iter().chain([matches]).collect())
    }
}

/// What ids, times, addresses and numbers consist of.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '@' | '-')
}

/// It may be cut in its middle.
fn without_last_word(head: &str) -> &str {
    let words = head.trim_end_matches(is_of_word);
    if words.is_empty() { head } else { words }
}

/// `payment # of "…" failed`
impl fmt::Display for MessagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Variable => f.write_str("#")?,
                Piece::Quoted(quote) => write!(f, "{quote}…{quote}")?,
            }
        }
        if self.is_cut { f.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Draft;
    use crate::{EventFilter, EventId, Timestamp};
    use proptest::prelude::*;

    fn pattern(message: &str) -> String {
        MessagePattern::of(message).to_string()
    }

    fn selects(pattern: &MessagePattern, message: &str) -> bool {
        let at = Timestamp::MIN;
        let event = Draft::of_line(message).arrived(|| EventId::of_record(at, 1, 1), at).unwrap();
        EventFilter::from(pattern.condition()).matches(&event)
    }

    #[test]
    fn numbers_ids_and_quoted_texts_stand_for_any_other() {
        for (message, expected) in [
            ("payment 17 of \"bob\" failed after 2.5s", "payment # of \"…\" failed after #"),
            ("GET /orders/18/items 500", "GET /orders/#/items #"),
            ("2026-11-20T10:00:00.123Z connect to 10.0.0.1:5432: refused", "# connect to # refused"),
            ("job 019adf3c-5d20-7000-8000-00003a5f1c2b done", "job # done"),
            ("can't open 'a b'", "can't open '…'"),
            ("user=bob took 15ms", "user=bob took #"),
            ("unclosed \"text", "unclosed \"text"),
            ("panicked\nat a()\nat b()", "panicked"),
            ("größer als 5 °C", "größer als # °C"),
            ("", ""),
        ] {
            assert_eq!(pattern(message), expected, "{message}");
        }
    }

    #[test]
    fn a_pattern_selects_messages_that_have_it_and_no_others() {
        let failed = MessagePattern::of("payment 17 of \"bob\" failed");
        assert!(selects(&failed, "payment 18 of \"eve\" failed\nat a()"));
        for other in
            ["payment of \"eve\" failed", "payment 18 of \"eve\" failed twice", "a payment 1 of \"b\" failed"]
        {
            assert!(!selects(&failed, other), "{other}");
        }
    }

    #[test]
    fn of_a_long_line_the_beginning_counts() {
        let long = |end: &str| format!("{}{end}", "word ".repeat(100));
        assert_eq!(MessagePattern::of(&long("a")), MessagePattern::of(&long("b")));
        assert!(selects(&MessagePattern::of(&long("a")), &long("b")));
        assert!(pattern(&long("a")).len() <= MAX_PATTERN_BYTES + '…'.len_utf8());
        for piece in ["x.", "1 ", "\"\" ", "\u{e9}1"] {
            let message = piece.repeat(MAX_PATTERN_BYTES);
            assert!(selects(&MessagePattern::of(&message), &message), "{piece}");
        }
    }

    proptest! {
        #[test]
        fn every_message_is_selected_by_its_own_pattern(message in "[ -~\u{e9}\n]{1,300}") {
            let pattern = MessagePattern::of(&message);
            prop_assert!(selects(&pattern, &message), "{}", pattern);
        }
    }
}
