//! Reads texts of known formats into fields.

mod access_log;
mod logfmt;

use crate::expression::Expression;
use crate::{Failure, room};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::event::{Draft, Fields, MARKS};
use watchkeeper_domain::{Event, Level, Timestamp};
use watchkeeper_wire::syslog::{FACILITY, read_syslog};

/// A format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parser {
    /// A JSON object.
    Json,
    /// `key=value key="a value" flag`.
    Logfmt,
    /// The combined or common access log of nginx.
    Nginx,
    /// The same of Apache.
    Apache,
    /// Syslog (RFC 5424 and RFC 3164).
    Syslog,
    /// The named groups of a regular expression.
    Regex(Expression),
}

/// The formats that have a name.
pub(crate) const FORMATS: [(&str, NamedFormat); 5] = [
    ("json", NamedFormat::Json),
    ("logfmt", NamedFormat::Logfmt),
    ("nginx", NamedFormat::Nginx),
    ("apache", NamedFormat::Apache),
    ("syslog", NamedFormat::Syslog),
];

/// A format that has a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NamedFormat {
    Json,
    Logfmt,
    Nginx,
    Apache,
    Syslog,
}

impl From<NamedFormat> for Parser {
    fn from(format: NamedFormat) -> Self {
        match format {
            NamedFormat::Json => Self::Json,
            NamedFormat::Logfmt => Self::Logfmt,
            NamedFormat::Nginx => Self::Nginx,
            NamedFormat::Apache => Self::Apache,
            NamedFormat::Syslog => Self::Syslog,
        }
    }
}

/// A regular expression with at least one named group.
#[derive(Debug)]
pub(crate) struct Groups(Expression);

impl FromStr for Groups {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expression: Expression = text.parse()?;
        if expression.0.capture_names().flatten().next().is_none() {
            return Err(r"must have a named group for each field, such as (?<status>\d+)".to_owned());
        }
        Ok(Self(expression))
    }
}

impl From<Groups> for Parser {
    fn from(Groups(expression): Groups) -> Self {
        Self::Regex(expression)
    }
}

impl Parser {
    /// The name of the format, for marks.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::Syslog => "syslog",
            Self::Regex(_) => "regex",
        }
    }

    /// What `text` says, which arrived at that time.
    ///
    /// # Errors
    /// When it has another format.
    pub(crate) fn parse(&self, text: &str, arrived_at: Timestamp) -> Result<Parsed, Failure> {
        match self {
            Self::Json => json(text).map(Parsed::usual),
            Self::Logfmt => logfmt::parse(text).map(Parsed::usual),
            Self::Nginx | Self::Apache => access_log::parse(text),
            Self::Syslog => syslog(text, arrived_at),
            Self::Regex(expression) => groups(text, expression).map(Parsed::usual),
        }
    }
}

impl fmt::Display for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regex(expression) => write!(f, "/{expression}/"),
            named => f.write_str(named.name()),
        }
    }
}

fn json(text: &str) -> Result<Fields, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Failure::new("is JSON but no object")),
        Err(error) => Err(Failure::new(format!("is no JSON: {error}"))),
    }
}

/// A time without a zone is one of UTC.
fn syslog(text: &str, arrived_at: Timestamp) -> Result<Parsed, Failure> {
    let draft = read_syslog(text.as_bytes(), arrived_at, &TimeZone::UTC);
    if !draft.fields.contains_key(FACILITY) {
        return Err(Failure::new("is no syslog: has no priority such as <13> in front"));
    }
    Ok(Parsed { draft, has_usual_names: false })
}

fn groups(text: &str, Expression(regex): &Expression) -> Result<Fields, Failure> {
    let captures =
        regex.captures(text).ok_or_else(|| Failure::new("the regular expression does not match"))?;
    let named = regex.capture_names().flatten();
    let found = named.filter_map(|name| Some((name.to_owned(), captures.name(name)?.as_str().into())));
    Ok(found.collect())
}

/// What a text says.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// Its fields, and its time if the format has one.
    draft: Draft,
    /// Whether its fields have the usual names of time, level, message, service and host.
    has_usual_names: bool,
}

impl Parsed {
    fn usual(fields: Fields) -> Self {
        Self { draft: Draft { fields, ..Draft::default() }, has_usual_names: true }
    }

    /// Adds it to `event`; fields of the same name are replaced.
    ///
    /// Time and level are those of the text, if it has them: what carried the text only knows when and how it came.
    /// `replaces_message` says whether the text was the message: then its own message replaces it. Service and host stay
    /// if they are known; others that a text has are the fields `app` and `hostname`.
    ///
    /// # Errors
    /// When the event would have more than it may; it is unchanged then.
    pub(crate) fn add_to(self, event: &mut Event, replaces_message: bool) -> Result<(), Failure> {
        let Self { mut draft, has_usual_names } = self;
        draft.id = Some(event.id);
        // The event's marks are its own.
        draft.fields.remove(MARKS);
        if has_usual_names {
            draft.service.clone_from(&event.service);
            draft.host.clone_from(&event.host);
            if !replaces_message {
                draft.message.clone_from(&event.message);
            }
            draft.take_usual_names();
        }
        let mut parsed = draft
            .arrived(|| event.id, event.occurred_at)
            .map_err(|violation| Failure::new(violation.to_string()))?;
        let marks = parsed.fields.remove(MARKS);
        for (own, other, name) in
            [(&event.service, &parsed.service, "app"), (&event.host, &parsed.host, "hostname")]
        {
            if !own.is_empty() && !other.is_empty() && own != other {
                parsed.fields.insert(name.to_owned(), other.as_str().into());
            }
        }
        room::check_fields(&event.fields, &parsed.fields)?;
        let Event { occurred_at, level, service, host, message, fields, .. } = parsed;
        event.occurred_at = occurred_at;
        if level != Level::Unknown {
            event.level = level;
        }
        let message = message.trim_end_matches(['\r', '\n']);
        if !message.is_empty() && (replaces_message || event.message.is_empty()) {
            message.clone_into(&mut event.message);
        }
        for (own, other) in [(&mut event.service, service), (&mut event.host, host)] {
            if own.is_empty() {
                *own = other;
            }
        }
        event.fields.extend(fields);
        let marks = marks.iter().filter_map(Value::as_array).flatten();
        marks.filter_map(Value::as_str).for_each(|mark| event.mark(mark));
        Ok(())
    }
}

#[cfg(test)]
mod tests;

/// The fields of a line of logfmt; `None` if it has no `key=value`, or is malformed.
pub fn logfmt_fields(line: &str) -> Option<Fields> {
    logfmt::parse(line).ok()
}
