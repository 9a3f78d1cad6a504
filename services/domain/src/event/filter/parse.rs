//! Reads a query: alternatives of terms, which may be negated or in parentheses.

use super::cursor::{Cursor, shown, wrong};
use super::term::term;
use super::{Condition, EventFilter, FilterError, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_TERMS};
use std::str::FromStr;

/// What other query languages write, and what to write here. Each may be quoted to search for it.
const ELSEWHERE: [(&str, &str); 6] = [
    ("|", "to select one or the other, write OR"),
    ("||", "to select one or the other, write OR"),
    ("&", "terms side by side must all hold: leave it out"),
    ("&&", "terms side by side must all hold: leave it out"),
    ("+", "terms side by side must all hold: leave it out"),
    ("!", "to exclude something, write -term"),
];

impl FromStr for EventFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.len() > MAX_FILTER_BYTES {
            let reason = format!("has {} bytes, the limit is {MAX_FILTER_BYTES}", text.len());
            return Err(wrong(0, reason));
        }
        let mut parser = Parser { cursor: Cursor::new(text), terms: 0, depth: 0 };
        parser.cursor.skip_blanks();
        if parser.cursor.rest().is_empty() {
            return Ok(Self::default());
        }
        let filter = Self(parser.alternatives()?);
        let rest = parser.cursor.rest();
        if !rest.is_empty() {
            let reason = format!("{} closes no parenthesis: leave it out, or quote it", shown(rest));
            return Err(wrong(parser.cursor.at(), reason));
        }
        // Else it could be neither stored nor linked to: it is longer as it is shown if much must be quoted.
        let bytes = filter.to_string().len();
        if bytes > MAX_FILTER_BYTES {
            let reason = format!("has {bytes} bytes with all texts quoted, the limit is {MAX_FILTER_BYTES}");
            return Err(wrong(0, reason));
        }
        Ok(filter)
    }
}

struct Parser<'q> {
    cursor: Cursor<'q>,
    terms: usize,
    /// Parentheses and negations that are open.
    depth: usize,
}

impl Parser<'_> {
    /// `one other OR third`, up to the end or a closing parenthesis.
    fn alternatives(&mut self) -> Result<Condition, FilterError> {
        let mut alternatives = vec![self.terms()?];
        while self.take_keyword("OR") {
            alternatives.push(self.terms()?);
        }
        Ok(joined(alternatives, Condition::Any))
    }

    /// Terms side by side, at least one.
    fn terms(&mut self) -> Result<Condition, FilterError> {
        let mut terms = vec![self.negatable()?];
        while !self.is_at_end_of_terms() {
            self.take_keyword("AND");
            terms.push(self.negatable()?);
        }
        Ok(joined(terms, Condition::All))
    }

    fn is_at_end_of_terms(&mut self) -> bool {
        self.cursor.skip_blanks();
        matches!(self.cursor.peek(), None | Some(')')) || self.comes_keyword("OR")
    }

    /// A term that may have a `-` or NOT before it.
    fn negatable(&mut self) -> Result<Condition, FilterError> {
        self.cursor.skip_blanks();
        let at = self.cursor.at();
        if self.cursor.rest().starts_with("--") {
            let word = shown(self.cursor.word());
            return Err(wrong(at, format!("{word} begins with two -: quote it to search for it")));
        }
        let is_negated = self.cursor.take("-");
        if is_negated && self.cursor.is_at_blank() {
            let reason = "`-` needs a term directly after it, as in -level=debug; quote it to search for it";
            return Err(wrong(at, reason));
        }
        if !is_negated && !self.take_keyword("NOT") {
            return self.term();
        }
        self.nested(at, |parser| Ok(Condition::Not(Box::new(parser.negatable()?))))
    }

    /// Parentheses, or a single term.
    fn term(&mut self) -> Result<Condition, FilterError> {
        self.cursor.skip_blanks();
        let at = self.cursor.at();
        self.expect_a_term()?;
        if self.cursor.take("(") {
            return self.nested(at, Self::rest_of_parentheses);
        }
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(wrong(at, format!("has more than {MAX_TERMS} terms, which is the limit")));
        }
        term(&mut self.cursor)
    }

    fn rest_of_parentheses(&mut self) -> Result<Condition, FilterError> {
        let at = self.cursor.at();
        let condition = self.alternatives()?;
        if !self.cursor.take(")") {
            let inside = shown(self.cursor.since(at - 1));
            let reason = format!("the parenthesis at {inside} is never closed: write ) at its end");
            return Err(wrong(at - 1, reason));
        }
        Ok(condition)
    }

    fn nested(
        &mut self,
        at: usize,
        read: impl FnOnce(&mut Self) -> Result<Condition, FilterError>,
    ) -> Result<Condition, FilterError> {
        self.depth += 1;
        if self.depth > MAX_FILTER_DEPTH {
            let reason = format!(
                "has more than {MAX_FILTER_DEPTH} parentheses and negations in each other, which is the limit"
            );
            return Err(wrong(at, reason));
        }
        let condition = read(self)?;
        self.depth -= 1;
        Ok(condition)
    }

    /// Says what is missing, or wrong, where something other than a term comes next.
    fn expect_a_term(&self) -> Result<(), FilterError> {
        let at = self.cursor.at();
        let reason = match self.cursor.peek() {
            None => format!("a term is missing at the end, after {}", shown(self.cursor.last_word())),
            Some(')') => "there is no term before `)`".to_owned(),
            Some(_) if self.comes_keyword("OR") || self.comes_keyword("AND") => {
                let keyword = &self.cursor.rest()[..2 + usize::from(self.comes_keyword("AND"))];
                format!("`{keyword}` needs a term before it and one after it; quote it to search for it")
            }
            Some(_) => {
                let word = self.cursor.word();
                match ELSEWHERE.iter().find(|(written, _)| *written == word) {
                    Some((_, instead)) => format!("`{word}`: {instead}; quote it to search for it"),
                    None => return Ok(()),
                }
            }
        };
        Err(wrong(at, reason))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        self.cursor.skip_blanks();
        let comes = self.comes_keyword(keyword);
        if comes {
            self.cursor.pass(keyword.len());
        }
        comes
    }

    /// Whether the word comes next, in upper case and unquoted.
    fn comes_keyword(&self, keyword: &str) -> bool {
        let rest = self.cursor.rest().strip_prefix(keyword);
        rest.is_some_and(|rest| {
            rest.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')'))
        })
    }
}

/// The only condition, or `join` of several.
fn joined(mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    if conditions.len() == 1 { conditions.swap_remove(0) } else { join(conditions) }
}

#[cfg(test)]
mod tests;
