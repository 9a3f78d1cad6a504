//! Puts the tables of several files together.

use crate::error::Fault;
use crate::section::shown;
use crate::source::Sources;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Adds the keys of `more`, which is from a later file than `all`: tables are joined key by key, arrays of tables are
/// appended. Any other key that is present already is a fault.
pub(crate) fn merge<'t>(
    all: &mut DeTable<'t>,
    more: DeTable<'t>,
    sources: &Sources<'_>,
    faults: &mut Vec<Fault>,
) {
    join(all, more, "", sources, faults);
}

fn join<'t>(
    all: &mut DeTable<'t>,
    more: DeTable<'t>,
    prefix: &str,
    sources: &Sources<'_>,
    faults: &mut Vec<Fault>,
) {
    for (key, value) in more {
        let path = format!("{prefix}{}", shown(key.get_ref()));
        let Some(present) = all.get_mut(&**key.get_ref()) else {
            all.insert(key, value);
            continue;
        };
        let first = present.span();
        match (present.get_mut(), value.into_inner()) {
            (DeValue::Table(all), DeValue::Table(more)) => {
                join(all, more, &format!("{path}."), sources, faults);
            }
            (DeValue::Array(all), DeValue::Array(more)) if is_of_tables(all) && is_of_tables(&more) => {
                more.into_iter().for_each(|item| all.push(item));
            }
            _ => faults.push(set_twice(path, key.span(), first, sources)),
        }
    }
}

fn is_of_tables(array: &DeArray<'_>) -> bool {
    array.iter().all(|item| item.get_ref().is_table())
}

fn set_twice(key: String, span: Range<usize>, first: Range<usize>, sources: &Sources<'_>) -> Fault {
    let source = sources.at(first.start);
    let reason = format!("is set already, in {}:{}", source.name, source.locate(first).line);
    Fault { key, reason, span, hides_value: true }
}

/// The table with all its spans moved by `by`.
pub(crate) fn shifted(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    if by == 0 {
        return table;
    }
    let shift = |span: Range<usize>| span.start + by..span.end + by;
    let entries = table.into_iter().map(|(key, value)| {
        let key = Spanned::new(shift(key.span()), key.into_inner());
        (key, shifted_value(value, by))
    });
    entries.collect()
}

fn shifted_value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span();
    let shifted = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted(table, by)),
        DeValue::Array(array) => {
            DeValue::Array(array.into_iter().map(|item| shifted_value(item, by)).collect())
        }
        other => other,
    };
    Spanned::new(span.start + by..span.end + by, shifted)
}
