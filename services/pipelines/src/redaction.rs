//! Hides secrets in events.

mod names;
mod scan;

use names::Names;
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use watchkeeper_config::Section;
use watchkeeper_domain::Event;
use watchkeeper_domain::event::{Fields, MARKS};

use crate::expression::Expression;

/// What stands in place of a secret.
pub const HIDDEN: &str = "***";
/// Most names of one redaction.
pub const MAX_REDACTED_NAMES: usize = 100;
/// Longest name in a redaction, in bytes.
pub const MAX_REDACTED_NAME_BYTES: usize = 64;
/// Most regular expressions of one redaction.
pub const MAX_REDACTED_EXPRESSIONS: usize = 20;

/// The group of a regular expression that is hidden instead of the whole match.
const SECRET: &str = "secret";

/// The names under which secrets are sent.
pub const SECRET_NAMES: [&str; 13] = [
    "*password",
    "*passwd",
    "*passphrase",
    "*secret",
    "*token",
    "*authorization",
    "*api_key",
    "*private_key",
    "*secret_key",
    "*access_key",
    "*cookie",
    "*credential",
    "*credentials",
];

/// What a redaction finds by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The values of [`SECRET_NAMES`], `Bearer …`, passwords in URLs, private keys.
    Token,
    /// Mail addresses.
    Mail,
    /// Numbers of payment cards, by their checksum.
    Card,
}

const FORMS: [(&str, Form); 3] = [("token", Form::Token), ("mail", Form::Mail), ("card", Form::Card)];

/// Hides secrets in events: the values of fields by name, at any depth, and what has the form of a secret in the
/// message and in fields.
///
/// Only the value is replaced, by [`HIDDEN`]: texts that are JSON remain JSON, and URLs remain URLs.
#[derive(Clone, Debug, PartialEq)]
pub struct Redaction {
    names: Names,
    forms: Vec<Form>,
    expressions: Vec<Expression>,
}

/// Hides what has a name or form of a token.
impl Default for Redaction {
    fn default() -> Self {
        Self::new(Names::default(), vec![Form::Token], Vec::new())
    }
}

impl Redaction {
    fn new(mut names: Names, forms: Vec<Form>, expressions: Vec<Expression>) -> Self {
        if forms.contains(&Form::Token) {
            names.extend(&SECRET_NAMES);
        }
        Self { names, forms, expressions }
    }

    /// Hides nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Names::default(), Vec::new(), Vec::new())
    }

    /// Reads the key `redact` of `[events]`: what is hidden in every event before anything is written. `true` is the
    /// default, `false` hides nothing, and a section is a redaction of one's own.
    pub(crate) fn read_default(section: &mut Section<'_>) -> Self {
        if section.is_section("redact") {
            return section.section("redact", Self::read);
        }
        if section.boolean("redact", true) { Self::default() } else { Self::none() }
    }

    /// Reads a section with `fields`, `patterns` and `regex`.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let names = section.parsed_set("fields", MAX_REDACTED_NAMES);
        let forms = section.choices("patterns", &FORMS);
        let expressions = section.parsed_list("regex", MAX_REDACTED_EXPRESSIONS);
        if !["fields", "patterns", "regex"].map(|key| section.has(key)).contains(&true) {
            section.refuse("fields", "one of fields, patterns and regex must name something");
        }
        Self::new(Names::new(names), forms, expressions)
    }

    fn hides_nothing(&self) -> bool {
        self.names.is_empty() && self.forms.is_empty() && self.expressions.is_empty()
    }

    fn finds(&self, form: Form) -> bool {
        self.forms.contains(&form)
    }

    /// Hides secrets in the message and the fields of `event`; returns whether there were any.
    pub fn apply(&self, event: &mut Event) -> bool {
        if self.hides_nothing() {
            return false;
        }
        let hid = self.hide_in(&mut event.message);
        self.hide_in_fields(&mut event.fields, true) | hid
    }

    /// The text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut hidden = match scan::hide(text, self) {
            Some(hidden) => Cow::Owned(hidden),
            None => Cow::Borrowed(text),
        };
        for Expression(regex) in &self.expressions {
            if let Some(replaced) = hide_matches(&hidden, regex) {
                hidden = Cow::Owned(replaced);
            }
        }
        hidden
    }

    fn hide_in(&self, text: &mut String) -> bool {
        match self.text(text) {
            Cow::Borrowed(_) => false,
            Cow::Owned(hidden) => {
                *text = hidden;
                true
            }
        }
    }

    fn hide_in_fields(&self, fields: &mut Fields, is_root: bool) -> bool {
        let mut hid = false;
        for (name, value) in fields {
            if is_root && name == MARKS {
                continue;
            }
            hid |=
                if self.names.hit(name.as_bytes()) { hide_value(value) } else { self.hide_in_value(value) };
        }
        hid
    }

    fn hide_in_value(&self, value: &mut Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) => false,
            Value::Number(number) => {
                let is_card = self.finds(Form::Card) && scan::is_card(number.to_string().as_bytes());
                if is_card {
                    *value = HIDDEN.into();
                }
                is_card
            }
            Value::String(text) => self.hide_in(text),
            Value::Array(items) => items.iter_mut().fold(false, |hid, item| self.hide_in_value(item) | hid),
            Value::Object(fields) => self.hide_in_fields(fields, false),
        }
    }
}

/// A value under the name of a secret is hidden, whatever its type, unless it says nothing.
fn hide_value(value: &mut Value) -> bool {
    let says_nothing = match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => text.is_empty() || text == HIDDEN,
        Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    };
    if !says_nothing {
        *value = HIDDEN.into();
    }
    !says_nothing
}

fn hide_matches(text: &str, regex: &Regex) -> Option<String> {
    let (mut hidden, mut copied) = (String::new(), 0);
    for captures in regex.captures_iter(text) {
        let Some(secret) = captures.name(SECRET).or_else(|| captures.get(0)) else { continue };
        if secret.is_empty() || secret.as_str() == HIDDEN {
            continue;
        }
        hidden.push_str(&text[copied..secret.start()]);
        hidden.push_str(HIDDEN);
        copied = secret.end();
    }
    if copied == 0 {
        return None;
    }
    hidden.push_str(&text[copied..]);
    Some(hidden)
}

/// `fields password, *token; patterns token, mail`
impl fmt::Display for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forms = FORMS.iter().filter(|(_, form)| self.finds(*form)).map(|(name, _)| (*name).to_owned());
        let expressions = self.expressions.iter().map(|expression| format!("/{expression}/"));
        let own = self.names.written(if self.finds(Form::Token) { &SECRET_NAMES } else { &[] });
        let all: Vec<String> = own.chain(forms).chain(expressions).collect();
        f.write_str(&if all.is_empty() { "nothing".to_owned() } else { all.join(", ") })
    }
}

#[cfg(test)]
mod tests;
