//! The step `set`.

use super::{Listed, MAX_STEP_FIELDS};
use crate::Failure;
use crate::place::Place;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use watchkeeper_config::Section;
use watchkeeper_domain::{Event, Level};

/// Longest template, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 2_000;

/// Puts values into fields: constants, or texts from other fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set(Vec<(Place, Setting)>);

#[derive(Clone, Debug, PartialEq)]
enum Setting {
    Constant(Value),
    /// The value of another field, with its type.
    Copy(Place),
    Template(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Field(Place),
}

impl Set {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let values = section.values("set", MAX_STEP_FIELDS);
        if values.is_empty() {
            section.refuse(
                "set",
                "must name fields, such as { env = \"prod\", url = \"https://${host}${path}\" }",
            );
        }
        let mut settings = Vec::new();
        for (name, value) in values {
            match setting(&name, value) {
                Ok(setting) => settings.push(setting),
                Err(reason) => section.refuse("set", format!("{name}: {reason}")),
            }
        }
        Self(settings)
    }

    /// All values are those from before the step.
    pub(super) fn apply(&self, event: &mut Event) -> Result<(), Failure> {
        let values: Vec<_> =
            self.0.iter().filter_map(|(place, setting)| Some((place, setting.value(event)?))).collect();
        values.into_iter().try_for_each(|(place, value)| place.put(event, value))
    }
}

fn setting(name: &str, value: Value) -> Result<(Place, Setting), String> {
    let place = match name.parse()? {
        Place::Id => return Err("cannot be changed".to_owned()),
        place => place,
    };
    let setting = match value {
        Value::String(text) => text.parse()?,
        value => Setting::Constant(value),
    };
    if let (Place::Level, Setting::Constant(value)) = (&place, &setting)
        && value.as_str().and_then(Level::of_word).is_none()
    {
        return Err(format!("must be a level such as \"warn\", is {value}"));
    }
    Ok((place, setting))
}

impl Setting {
    /// `None` if there is nothing to copy.
    fn value(&self, event: &Event) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(value.clone()),
            Self::Copy(from) => from.value(event),
            Self::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(part) => text.push_str(part),
                        Part::Field(place) => text.push_str(&place.text(event).unwrap_or_default()),
                    }
                }
                Some(Value::String(text))
            }
        }
    }
}

/// Text with `${field}`; `$$` is a dollar sign.
impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > MAX_TEMPLATE_BYTES {
            return Err(format!("has {} bytes, the limit is {MAX_TEMPLATE_BYTES}", text.len()));
        }
        if text.contains('\0') {
            return Err("must not contain NUL".to_owned());
        }
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(dollar) = rest.find('$') {
            plain.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                plain.push('$');
                rest = after;
            } else if let Some((name, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Field(name.parse()?));
                rest = after;
            } else {
                return Err("after a dollar sign, {field} must follow, or another one: $$".to_owned());
            }
        }
        plain.push_str(rest);
        if parts.is_empty() {
            return Ok(Self::Constant(Value::String(plain)));
        }
        if plain.is_empty()
            && let [Part::Field(place)] = &parts[..]
        {
            return Ok(Self::Copy(place.clone()));
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self::Template(parts))
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => value.fmt(f),
            Self::Copy(place) => write!(f, "${{{place}}}"),
            Self::Template(parts) => parts.iter().try_for_each(|part| match part {
                Part::Text(text) => f.write_str(text),
                Part::Field(place) => write!(f, "${{{place}}}"),
            }),
        }
    }
}

/// `env = "prod", url = https://${host}${path}`
impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> = self.0.iter().map(|(place, setting)| format!("{place} = {setting}")).collect();
        Listed(&each).fmt(f)
    }
}
