//! Parses a line.

use std::borrow::Cow;

/// The rest of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(line: &'t str) -> Self {
        Self { rest: line }
    }

    pub(super) fn is_at_end(self) -> bool {
        self.rest.is_empty()
    }

    /// Skips spaces and tabs.
    pub(super) fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// Skips `mark` if it comes next.
    pub(super) fn eat(&mut self, mark: char) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The characters up to the first that does not match.
    pub(super) fn take_while(&mut self, meant: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !meant(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The characters up to the next blank; skips the blanks after them.
    pub(super) fn word(&mut self) -> &'t str {
        let word = self.take_while(|c| !matches!(c, ' ' | '\t'));
        self.blanks();
        word
    }

    /// A quoted string, with the escapes `\\`, `\"` and `\n` resolved; `None` if it is not terminated.
    pub(super) fn quoted(&mut self) -> Option<Cow<'t, str>> {
        if !self.eat('"') {
            return None;
        }
        let mut text = Cow::Borrowed(self.take_while(is_plain));
        while !self.eat('"') {
            self.eat('\\').then_some(())?;
            let escaped = self.rest.chars().next()?;
            self.rest = &self.rest[escaped.len_utf8()..];
            let text = text.to_mut();
            match escaped {
                'n' => text.push('\n'),
                '"' | '\\' => text.push(escaped),
                other => text.extend(['\\', other]),
            }
            text.push_str(self.take_while(is_plain));
        }
        Some(text)
    }
}

fn is_plain(c: char) -> bool {
    !matches!(c, '"' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str) -> Option<String> {
        let mut cursor = Cursor::new(text);
        cursor.quoted().filter(|_| cursor.is_at_end()).map(Cow::into_owned)
    }

    #[test]
    fn escapes_stand_for_what_they_mean() {
        assert_eq!(quoted(r#""C:\\dir\n\"x\" \d""#).as_deref(), Some("C:\\dir\n\"x\" \\d"));
        for open in ["", "x", r#"""#, r#""x"#, r#""x\"#, r#""x\""#] {
            assert_eq!(quoted(open), None, "{open}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_its_quotes(text in "\\PC*|[\\\\\"n]*") {
            let escaped = text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
            prop_assert_eq!(quoted(&format!("\"{escaped}\"")), Some(text));
        }
    }
}
