//! The step `cast`.

use super::{Listed, MAX_STEP_FIELDS};
use crate::Failure;
use crate::place::{Place, text_of};
use serde_json::{Number, Value};
use std::fmt;
use std::str::FromStr;
use watchkeeper_config::Section;
use watchkeeper_domain::Event;

/// Changes the types of fields; fields that an event does not have are skipped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Casts(Vec<(Place, Type)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Int,
    Float,
    Bool,
    Text,
}

impl Type {
    const fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Text => "text",
        }
    }

    fn cast(self, value: &Value) -> Option<Value> {
        let text = text_of(value)?;
        let word = text.trim();
        match self {
            Self::Int => int(word).map(Value::Number),
            Self::Float => word.parse().ok().and_then(Number::from_f64).map(Value::Number),
            Self::Bool => match word.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Some(true.into()),
                "false" | "no" | "off" | "0" => Some(false.into()),
                _ => None,
            },
            Self::Text => Some(Value::String(text.into_owned())),
        }
    }
}

impl FromStr for Type {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, &'static str> {
        let all = [Self::Int, Self::Float, Self::Bool, Self::Text];
        all.into_iter().find(|kind| kind.name() == name).ok_or("must be int, float, bool or text")
    }
}

/// A whole number, also one that is written with a fraction of zero.
fn int(word: &str) -> Option<Number> {
    if let Ok(number) = word.parse::<i64>() {
        return Some(number.into());
    }
    if let Ok(number) = word.parse::<u64>() {
        return Some(number.into());
    }
    let (whole, fraction) = word.split_once('.')?;
    fraction.bytes().all(|byte| byte == b'0').then(|| whole.parse::<i64>().ok())?.map(Number::from)
}

impl Casts {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let types = section.texts("cast", MAX_STEP_FIELDS, "float".len());
        if types.is_empty() {
            section.refuse("cast", "must name fields, such as { status = \"int\" }");
        }
        let mut casts = Vec::new();
        for (name, kind) in types {
            match (name.parse(), kind.parse::<Type>()) {
                (Ok(place @ Place::Field(_)), Ok(kind)) => casts.push((place, kind)),
                (Ok(Place::Field(_)), Err(reason)) => section.refuse("cast", format!("{name}: {reason}")),
                (Ok(part), _) => section.refuse("cast", format!("{part} is no field, and is always text")),
                (Err(reason), _) => section.refuse("cast", format!("{name}: {reason}")),
            }
        }
        Self(casts)
    }

    pub(super) fn apply(&self, event: &mut Event) -> Result<(), Failure> {
        for (place, kind) in &self.0 {
            let Some(value) = place.value(event) else { continue };
            let cast = kind.cast(&value);
            let cast =
                cast.ok_or_else(|| Failure::new(format!("{place} is {value}, which is no {}", kind.name())))?;
            if cast != value {
                place.put(event, cast)?;
            }
        }
        Ok(())
    }
}

/// `status int, took float`
impl fmt::Display for Casts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> = self.0.iter().map(|(place, kind)| format!("{place} {}", kind.name())).collect();
        Listed(&each).fmt(f)
    }
}
