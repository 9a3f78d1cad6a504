//! Makes foreign text safe to show: on terminals, in mails, on pages, in logs.
//!
//! A program may store and send any text. Shown raw, some characters act instead of being read: a terminal
//! obeys control characters, and bidirectional controls make a line read as something else. Others are
//! invisible. All of these are shown escaped, like `\u{202e}`, so that people see them. Programs get the text
//! unchanged, escaped as their format requires.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is visible and does not affect its neighbours.
///
/// The joiners U+200C and U+200D and the variation selectors count as plain, because scripts and emoji need
/// them.
pub fn is_plain(c: char) -> bool {
    !c.is_control() && !is_line_end(c) && !steers_direction(c) && !is_invisible(c)
}

/// The text as one line: line ends and tabs become spaces, and all other characters that are not plain are
/// escaped.
pub fn line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_line_end(c) || c == '\t' {
            shown.push(' ');
        } else {
            push(&mut shown, c);
        }
    }
    Cow::Owned(shown)
}

/// The text as lines that end in LF: tabs stay, and all other characters that are not plain are escaped.
pub fn lines(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| is_plain(c) || matches!(c, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\t' => shown.push('\t'),
            c if is_line_end(c) => shown.push('\n'),
            c => push(&mut shown, c),
        }
    }
    Cow::Owned(shown)
}

/// The longest beginning of at most `most` bytes that ends at a character.
pub fn head(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    &text[..end]
}

fn push(shown: &mut String, c: char) {
    if is_plain(c) {
        shown.push(c);
    } else {
        let _ = write!(shown, "{}", c.escape_unicode());
    }
}

/// The characters that always end a line in Unicode's line breaking.
fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Unicode's property `Bidi_Control`.
fn steers_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that are invisible and that no script needs.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{2060}'..='\u{2064}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_shows_itself_stays_as_it_is() {
        for text in ["", "a b", "Дежурный", "שלום עולם", "می\u{200c}خواهم", "👩\u{200d}🚀\u{fe0f}"]
        {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text), "{text:?}");
            assert!(matches!(lines(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn what_would_be_obeyed_or_not_seen_is_written_out() {
        assert_eq!(line("\u{1b}[2J"), "\\u{1b}[2J");
        assert_eq!(line("invoice\u{202e}gpj.exe"), "invoice\\u{202e}gpj.exe");
        for c in ['\0', '\u{7f}', '\u{9b}', '\u{200b}', '\u{200e}', '\u{2066}', '\u{feff}', '\u{e0041}'] {
            assert_eq!(line(&c.to_string()), c.escape_unicode().to_string());
            assert_eq!(lines(&c.to_string()), c.escape_unicode().to_string());
        }
    }

    #[test]
    fn lines_end_in_one_way_or_become_spaces() {
        let text = "a\r\nb\rc\u{2028}d\u{2029}e\u{85}f\ng\th";
        assert_eq!(line(text), "a  b c d e f g h");
        assert_eq!(lines(text), "a\nb\nc\nd\ne\nf\ng\th");
    }

    proptest! {
        #[test]
        fn nothing_but_plain_characters_is_shown(text in any::<String>()) {
            prop_assert!(line(&text).chars().all(is_plain));
            prop_assert!(lines(&text).chars().all(|c| is_plain(c) || matches!(c, '\n' | '\t')));
            let shown = line(&text);
            prop_assert_eq!(line(&shown), shown.clone());
        }
    }
}
