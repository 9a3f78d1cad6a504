//! Texts without control characters, which a header may not and a body should not hold.

/// The text as one line.
pub(super) fn line(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The text, its lines ended by LF.
pub(super) fn lines(text: &str) -> String {
    let visible = |c: char| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c };
    text.replace("\r\n", "\n").chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(line(" a\r\nBcc: b\0\u{85}c\t\n"), "a  Bcc: b  c");
        assert_eq!(lines("a\r\n\tb\n\n\u{1b}[0mc\rd\0"), "a\n\tb\n\n [0mc d ");
    }
}
