//! Decodes TOML values, with the reason if that fails.

use crate::{duration, size, suggestion};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use toml::de::{DeArray, DeTable, DeValue};

pub(crate) fn integer<N>(value: &DeValue<'_>, range: &RangeInclusive<N>) -> Result<N, String>
where
    N: PartialOrd + Display + TryFrom<i128>,
{
    let DeValue::Integer(digits) = value else { return Err(not("a whole number", value)) };
    let number = i128::from_str_radix(digits.as_str(), digits.radix()).ok();
    let number = number.and_then(|number| N::try_from(number).ok()).filter(|number| range.contains(number));
    number.ok_or_else(|| outside(range.start(), range.end(), digits))
}

/// A finite number, with or without a fraction.
pub(crate) fn number(value: &DeValue<'_>) -> Result<f64, String> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        DeValue::Integer(_) => return Err("must be a number in decimal digits".to_owned()),
        _ => return Err(not("a number", value)),
    };
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| format!("must be a finite number, is {text}"))
}

pub(crate) fn boolean(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| not("true or false", value))
}

pub(crate) fn duration(value: &DeValue<'_>, range: &RangeInclusive<Duration>) -> Result<Duration, String> {
    let text = match value {
        DeValue::Integer(number) => return Err(duration::without_unit(number.as_str())),
        DeValue::Float(number) => return Err(duration::without_unit(number.as_str())),
        DeValue::String(text) => text,
        _ => return Err(not("a duration such as \"15s\"", value)),
    };
    let duration = duration::parse(text)?;
    let show = duration::show;
    if range.contains(&duration) {
        return Ok(duration);
    }
    Err(outside(show(*range.start()), show(*range.end()), show(duration)))
}

pub(crate) fn bytes(value: &DeValue<'_>, range: &RangeInclusive<usize>) -> Result<usize, String> {
    let text = match value {
        DeValue::Integer(number) => return Err(size::without_unit(number.as_str())),
        DeValue::String(text) => text,
        _ => return Err(not("a size such as \"4 MiB\"", value)),
    };
    let bytes = size::parse(text)?;
    if range.contains(&bytes) {
        return Ok(bytes);
    }
    Err(outside(size::show(*range.start()), size::show(*range.end()), size::show(bytes)))
}

pub(crate) fn text<'v>(value: &'v DeValue<'_>, max_bytes: usize) -> Result<&'v str, String> {
    let text = value.as_str().ok_or_else(|| not("text", value))?;
    match text.len() {
        0 => Err("must not be empty".to_owned()),
        length if length > max_bytes => Err(format!("has {length} bytes, the limit is {max_bytes}")),
        _ => Ok(text),
    }
}

pub(crate) fn parsed<T>(value: &DeValue<'_>) -> Result<T, String>
where
    T: FromStr<Err: Display>,
{
    let text = value.as_str().ok_or_else(|| not("text", value))?;
    text.parse().map_err(|error| format!("{error} (is {text:?})"))
}

/// Text that no error shows.
pub(crate) fn text_unseen<'v>(value: &'v DeValue<'_>) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| not("text", value))
}

pub(crate) fn choice<T: Copy>(value: &DeValue<'_>, choices: &[(&str, T)]) -> Result<T, String> {
    let text = value.as_str().ok_or_else(|| not("text", value))?;
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(*choice);
    }
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let hint = suggestion::hint(text, names.iter().copied());
    Err(format!("must be one of {}, is {text:?}{hint}", names.join(", ")))
}

pub(crate) fn list<'v, 't>(value: &'v DeValue<'t>, max_items: usize) -> Result<&'v DeArray<'t>, String> {
    let list = value.as_array().ok_or_else(|| not("a list", value))?;
    if list.len() > max_items {
        return Err(format!("has {} items, the limit is {max_items}", list.len()));
    }
    Ok(list)
}

pub(crate) fn table<'v, 't>(value: &'v DeValue<'t>) -> Result<&'v DeTable<'t>, String> {
    value.as_table().ok_or_else(|| not("a section", value))
}

fn outside(least: impl Display, most: impl Display, found: impl Display) -> String {
    format!("must be from {least} to {most}, is {found}")
}

fn not(wanted: &str, found: &DeValue<'_>) -> String {
    let found = match found {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    };
    format!("must be {wanted}, is {found}")
}
