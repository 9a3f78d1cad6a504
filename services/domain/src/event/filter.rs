//! Selects events: the query language of logs, alerts and pipelines.
//!
//! ```text
//! service=shop level>=warn "timed out" status>=500 -path=/health
//! ```
//!
//! | term                 | selects                                                                     |
//! |----------------------|-----------------------------------------------------------------------------|
//! | `word`, `"two words"` | events whose message contains the text, in upper or lower case             |
//! | `field=value`        | those whose field has this value; a number and its text are the same        |
//! | `field=val*`         | those whose value matches, where `*` stands for any text                    |
//! | `field=*`            | those that have the field                                                   |
//! | `field=~"regex"`     | those whose value contains a match of the regular expression                |
//! | `field>=500`         | those whose value is such a number; also `>`, `<`, `<=`                     |
//! | `level>=warn`        | those of a level; `unknown` is not comparable                               |
//! | `-term`, `NOT term`, `field!=value`, `field!~"regex"` | those that `term` does not select, also without the field |
//! | `one OR other`, `( … )` | those that either selects; terms side by side must all hold              |
//!
//! The fields are `service`, `host`, `level`, `message`, `id`, and those of the event, where `a.b` is field `b` in
//! object `a` or a field named `a.b`; `fields.level` is an event's own field of the name `level`. A field with several
//! values (a list) has each of them. A name or value with other characters is quoted: `"user agent"="curl/8"`; a `*` in
//! quotes is a star. AND may stand between terms, and binds more strongly than OR.

mod cursor;
mod display;
mod field;
mod matching;
mod parse;
mod term;
mod value;

use crate::{Event, Level};
use regex::{Regex, RegexBuilder};

/// Longest query, in bytes.
pub const MAX_FILTER_BYTES: usize = 4 << 10;
/// Most terms of one query.
pub const MAX_TERMS: usize = 64;
/// How deep parentheses and negations may be nested.
pub const MAX_FILTER_DEPTH: usize = 16;
/// Most memory of a compiled regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 256 << 10;

/// Selects events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter(Condition);

impl EventFilter {
    /// Whether it selects `event`.
    pub fn matches(&self, event: &Event) -> bool {
        self.0.holds(event)
    }

    /// The condition that selected events fulfil.
    pub const fn condition(&self) -> &Condition {
        &self.0
    }

    /// Selects those of this filter for which `condition` holds, too.
    #[must_use]
    pub fn and(self, condition: Condition) -> Self {
        let mut all = match self.0 {
            Condition::All(all) => all,
            other => vec![other],
        };
        all.push(condition);
        Self(Condition::All(all))
    }
}

impl From<Condition> for EventFilter {
    fn from(condition: Condition) -> Self {
        Self(condition)
    }
}

/// All events.
impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// A condition on an event. Either it holds or it does not: a missing field is no third case.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All hold; if there are none, every event is selected.
    All(Vec<Self>),
    /// One of them holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The message contains the text, in upper or lower case.
    Contains(String),
    /// A value of the field passes the test.
    Field(Field, Test),
}

/// A field of an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Its id.
    Id,
    /// Its level.
    Level,
    /// Its service.
    Service,
    /// Its host.
    Host,
    /// Its message.
    Message,
    /// A field of its own, by path as written: `ctx.user.id`.
    Other(String),
}

/// A test of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// There is a value, which may be an object. An empty service, host or message is none, and neither is null, an
    /// empty list or an unknown level.
    Exists,
    /// It is this text, or a number or bool that is written so.
    Equals(String),
    /// It is text that consists of these parts, in this order, with any text between them: `a*b` is `["a", "b"]`. There
    /// are at least two, of which the first and the last may be empty.
    Like(Vec<String>),
    /// It contains a match, where `.` is any character, also a line feed, and `^` and `$` are its start and its end.
    Matches(Pattern),
    /// It compares so.
    Compare(Comparison, Operand),
}

/// A regular expression; equal if written the same.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles it.
    ///
    /// # Errors
    /// Says what is wrong with it, or that it is too large.
    pub fn new(expression: &str) -> Result<Self, String> {
        RegexBuilder::new(expression)
            .dot_matches_new_line(true)
            .size_limit(MAX_REGEX_BYTES)
            .dfa_size_limit(MAX_REGEX_BYTES)
            .build()
            .map(Self)
            .map_err(|error| {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("{} is not a regular expression: {last}", cursor::shown(expression))
            })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// How a value compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// What a value is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    /// A level; an unknown level passes no comparison.
    Level(Level),
    /// A finite number. Texts that are such numbers compare as numbers; other values pass no comparison.
    Number(f64),
}

/// The text is not a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct FilterError {
    /// What is wrong, with the text at fault, and what to write instead.
    pub reason: String,
    /// Where in the query, in bytes from its start.
    pub at: usize,
}
