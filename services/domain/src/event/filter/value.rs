//! Reads the value of a term.

use super::cursor::{Cursor, shown, wrong};
use super::{FilterError, Test};

/// A value as written: texts, with a `*` between each two.
pub(super) struct Value(Vec<String>);

impl Value {
    /// The text, if there is no `*`.
    pub(super) fn text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether a value is this one.
    pub(super) fn into_test(mut self) -> Test {
        if self.0.len() == 1 {
            return Test::Equals(self.0.pop().unwrap_or_default());
        }
        if self.0.iter().all(String::is_empty) {
            return Test::Exists;
        }
        let last = self.0.pop().unwrap_or_default();
        let mut parts = self.0.into_iter();
        let first = parts.next().unwrap_or_default();
        // Two stars next to each other are one.
        let middle = parts.filter(|part| !part.is_empty());
        Test::Like([first].into_iter().chain(middle).chain([last]).collect())
    }
}

/// What the value was read of so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Star,
    Quoted,
    Plain,
}

/// The value that follows `sign`, in a term that begins at `term_at`.
pub(super) fn value(cursor: &mut Cursor<'_>, term_at: usize, sign: &str) -> Result<Value, FilterError> {
    check_start(cursor, term_at, sign)?;
    let mut end = cursor.at() + cursor.word().len();
    let (mut parts, mut part, mut last) = (Vec::new(), String::new(), Last::Nothing);
    loop {
        match cursor.peek() {
            Some('"') if matches!(last, Last::Nothing | Last::Star) => {
                part.push_str(&cursor.quoted()?);
                end = cursor.at() + cursor.word().len();
                last = Last::Quoted;
            }
            Some('"') => return Err(beside_a_quote(cursor, term_at)),
            Some('*') if cursor.at() < end => {
                parts.push(std::mem::take(&mut part));
                cursor.pass(1);
                last = Last::Star;
            }
            Some(c) if cursor.at() < end => {
                if last == Last::Quoted {
                    return Err(beside_a_quote(cursor, term_at));
                }
                part.push(c);
                cursor.pass(c.len_utf8());
                last = Last::Plain;
            }
            _ => {
                parts.push(part);
                return Ok(Value(parts));
            }
        }
    }
}

/// The regular expression that follows `sign`.
pub(super) fn pattern_value(
    cursor: &mut Cursor<'_>,
    term_at: usize,
    sign: &str,
) -> Result<String, FilterError> {
    check_there_is_one(cursor, term_at, sign)?;
    let expression = if cursor.peek() == Some('"') {
        cursor.quoted()?
    } else {
        let word = cursor.word();
        cursor.pass(word.len());
        word.to_owned()
    };
    if cursor.is_at_blank() || cursor.peek() == Some(')') {
        Ok(expression)
    } else {
        Err(beside_a_quote(cursor, term_at))
    }
}

fn check_there_is_one(cursor: &Cursor<'_>, term_at: usize, sign: &str) -> Result<(), FilterError> {
    if !cursor.is_at_blank() && cursor.peek() != Some(')') {
        return Ok(());
    }
    let term = cursor.since(term_at);
    let name = term.strip_suffix(sign).unwrap_or(term);
    let reason = format!(
        "{} needs a value directly after it; {name}=* selects events with the field, {name}=\"\" those where it is empty",
        shown(term)
    );
    Err(wrong(term_at, reason))
}

fn check_start(cursor: &Cursor<'_>, term_at: usize, sign: &str) -> Result<(), FilterError> {
    check_there_is_one(cursor, term_at, sign)?;
    let name = cursor.since(term_at).strip_suffix(sign).unwrap_or_default().to_owned();
    let reason = match (sign, cursor.peek()) {
        (_, Some('\'')) => format!("write the value in double quotes: {name}{sign}\"…\""),
        (_, Some('(')) => format!("write ({name}{sign}one OR {name}{sign}other), or quote the value"),
        ("!=", Some('~')) => format!("write {name}!~ for a regular expression, or quote the value"),
        ("<", Some('>')) => format!("write {name}!=, or quote the value"),
        ("=", Some(c @ ('<' | '>'))) => format!("write {name}{c}=, or quote the value"),
        (_, Some('=' | '<' | '>')) => format!("write {name}{sign} alone, or quote the value"),
        _ => return Ok(()),
    };
    let rest = cursor.rest();
    let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
    Err(wrong(cursor.at(), format!("{}: {reason}", shown(&format!("{name}{sign}{word}")))))
}

fn beside_a_quote(cursor: &Cursor<'_>, term_at: usize) -> FilterError {
    let reason = format!(
        "only `*` or a blank may be beside a quoted value, not what follows {}: quote the whole value",
        shown(cursor.since(term_at))
    );
    wrong(cursor.at(), reason)
}
