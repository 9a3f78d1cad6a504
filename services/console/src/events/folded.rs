//! Long messages, of which a list shows the beginning.

use watchkeeper_domain::text;

/// Lines of a message that a list shows at once.
pub const SHOWN_LINES: usize = 3;
/// Characters of a message that a list shows at once.
const SHOWN_CHARS: usize = 400;
/// Characters of a message that a list has at most; the page of the event has all of it.
pub const MAX_FOLDED_CHARS: usize = 8_000;

/// A message in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// What is shown at once.
    pub(crate) head: String,
    /// What is shown when it is opened.
    pub(crate) rest: String,
    /// What opens it: `12 more lines`, `3,000 more characters`; empty if the head is all.
    pub(crate) more: String,
    /// Whether the rest ends before the message does.
    pub(crate) is_cut: bool,
}

impl Folded {
    /// Control characters are written out first, so that what counts as a line is what is shown as one.
    pub(crate) fn new(message: &str) -> Self {
        let shown = text::lines(message);
        let shown = shown.trim_end_matches('\n');
        let end = end_of_head(shown);
        let (head, rest) = shown.split_at(end);
        let rest = rest.strip_prefix('\n').unwrap_or(rest);
        let (lines, chars) = (rest.lines().count(), rest.chars().count());
        let more = match (chars, lines) {
            (0, _) => String::new(),
            (_, 2..) => format!("{} more lines", crate::format::count(lines)),
            _ if shown[end..].starts_with('\n') => "1 more line".to_owned(),
            (1, _) => "1 more character".to_owned(),
            (chars, _) => format!("{} more characters", crate::format::count(chars)),
        };
        let kept = rest.char_indices().nth(MAX_FOLDED_CHARS).map_or(rest, |(end, _)| &rest[..end]);
        Self { head: head.to_owned(), rest: kept.to_owned(), more, is_cut: kept.len() < rest.len() }
    }
}

/// Where the part that is shown at once ends.
fn end_of_head(shown: &str) -> usize {
    let by_lines = shown.match_indices('\n').nth(SHOWN_LINES - 1).map_or(shown.len(), |(end, _)| end);
    let by_chars = shown.char_indices().nth(SHOWN_CHARS).map_or(shown.len(), |(end, _)| end);
    by_lines.min(by_chars)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(message: &str) -> (String, String) {
        let Folded { head, more, .. } = Folded::new(message);
        (head, more)
    }

    #[test]
    fn a_short_message_is_shown_whole_and_a_long_one_by_its_first_lines() {
        assert_eq!(parts("a\nb\nc\n"), ("a\nb\nc".to_owned(), String::new()));
        assert_eq!(parts("a\nb\nc\nd"), ("a\nb\nc".to_owned(), "1 more line".to_owned()));
        assert_eq!(parts("a\nb\nc\nd\ne"), ("a\nb\nc".to_owned(), "2 more lines".to_owned()));
        assert_eq!(Folded::new("a\nb\nc\nd\ne").rest, "d\ne");
        let (head, more) = parts(&"ä".repeat(SHOWN_CHARS + 2));
        assert_eq!((head.chars().count(), more.as_str()), (SHOWN_CHARS, "2 more characters"));
    }

    #[test]
    fn a_list_has_no_more_of_a_message_than_its_limit() {
        let whole = Folded::new(&"x".repeat(SHOWN_CHARS + MAX_FOLDED_CHARS));
        assert!(!whole.is_cut && whole.rest.len() == MAX_FOLDED_CHARS);
        let cut = Folded::new(&"x".repeat(SHOWN_CHARS + MAX_FOLDED_CHARS + 1));
        assert!(cut.is_cut && cut.rest.len() == MAX_FOLDED_CHARS);
    }

    #[test]
    fn colours_of_a_terminal_are_written_out_and_every_line_end_counts() {
        assert_eq!(parts("\u{1b}[31mred\u{1b}[0m"), ("\\u{1b}[31mred\\u{1b}[0m".to_owned(), String::new()));
        assert_eq!(parts("a\r\nb\u{2028}c\rd"), ("a\nb\nc".to_owned(), "1 more line".to_owned()));
    }
}
