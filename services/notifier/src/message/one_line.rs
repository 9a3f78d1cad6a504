//! Texts limited to one line.

use watchkeeper_domain::text;

/// `text` in one line of at most `max_chars` plain characters, with one space between words; longer text ends in `…`.
pub(super) fn one_line(text: &str, max_chars: usize) -> String {
    let plain = text::line(text);
    let words: Vec<_> = plain.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= max_chars {
        return line;
    }
    let kept: String = line.chars().take(max_chars.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_become_one_without_control_characters() {
        assert_eq!(one_line("  a\r\nBcc: b@c\t\u{0}d\u{2028}e ", 40), "a Bcc: b@c \\u{0}d e");
    }

    #[test]
    fn a_line_of_the_limit_is_kept_and_a_longer_one_is_cut() {
        assert_eq!(one_line("äöüß", 4), "äöüß");
        assert_eq!(one_line("äöü ß", 5), "äöü ß");
        assert_eq!(one_line("äöü ßx", 5), "äöü…");
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_line_within_the_limit(text in any::<String>(), max in 1..20_usize) {
            let line = one_line(&text, max);
            prop_assert!(line.chars().count() <= max);
            prop_assert!(line.chars().all(text::is_plain));
        }
    }
}
