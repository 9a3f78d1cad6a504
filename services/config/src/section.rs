//! One table of the file.

use crate::document::Reading;
use crate::error::Fault;
use crate::{suggestion, value};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One table of the file, or an empty one in place of a missing table.
///
/// Each method reads one key. A wrong value is recorded, and reading continues with the default;
/// [`Document::read`](crate::Document::read) then fails with all recorded errors. A key that no method reads is an
/// error too.
#[derive(Debug)]
pub struct Section<'d> {
    pub(crate) reading: &'d Reading<'d>,
    table: Option<&'d DeTable<'d>>,
    /// Empty for the root, else ends in a dot.
    prefix: String,
    /// Where the section begins.
    span: Range<usize>,
    asked: BTreeSet<&'static str>,
}

impl<'d> Section<'d> {
    pub(crate) fn root(reading: &'d Reading<'d>, table: &'d DeTable<'d>) -> Self {
        Self { reading, table: Some(table), prefix: String::new(), span: 0..0, asked: BTreeSet::new() }
    }

    fn nested(&self, name: &str, table: Option<&'d DeTable<'d>>, span: Range<usize>) -> Self {
        let prefix = format!("{}{name}.", self.prefix);
        Self { reading: self.reading, table, prefix, span, asked: BTreeSet::new() }
    }

    /// Reads the section, then records every key that `read` did not read.
    pub(crate) fn finish<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let result = read(&mut self);
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            let name = key.get_ref().as_ref();
            if !self.asked.contains(name) {
                let hint = suggestion::hint(name, self.asked.iter().copied());
                self.record_hiding(&shown(name), key.span(), format!("unknown key{hint}"));
            }
        }
        result
    }

    /// Accepts this section as it is, whatever its keys: for a section whose reader is not part of this build.
    pub fn skip(&mut self) {
        self.table = None;
    }

    /// The section `[name]`. A missing one reads as empty.
    pub fn section<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let span = self.span_of(name);
        let table = self.take(name, |found| value::table(found));
        self.nested(name, table, span).finish(read)
    }

    /// Whether `key` is present, whatever its value: for keys whose absence has a meaning.
    pub fn has(&mut self, key: &'static str) -> bool {
        self.asked.insert(key);
        self.find(key).is_some()
    }

    /// The sections `[[name]]` in order, at most `max_sections`; empty without the key.
    pub fn sections<T>(
        &mut self,
        name: &'static str,
        max_sections: usize,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        let tables = self.spanned_items(name, max_sections, |found| value::table(found));
        let nested = tables.into_iter().map(|(index, table, span)| {
            self.nested(&format!("{name}[{index}]"), Some(table), span).finish(&mut read)
        });
        nested.collect()
    }

    /// Records that the value of `key` is wrong by a rule of this section's reader: "must be longer than `interval`".
    /// Reported at the value, or where the section begins if it is missing.
    pub fn refuse(&mut self, key: &'static str, reason: impl Into<String>) {
        self.asked.insert(key);
        self.record(key, self.span_of(key), reason.into());
    }

    pub(crate) fn require(&mut self, key: &'static str) {
        if self.find(key).is_none() {
            self.refuse(key, "is missing");
        }
    }

    fn find(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.table?.get(key)
    }

    fn span_of(&self, key: &str) -> Range<usize> {
        self.find(key).map_or(self.span.clone(), Spanned::span)
    }

    /// The decoded value of `key`; `None` if it is missing, or wrong, which is recorded.
    pub(crate) fn take<T>(
        &mut self,
        key: &'static str,
        decode: impl FnOnce(&'d DeValue<'d>) -> Result<T, String>,
    ) -> Option<T> {
        self.asked.insert(key);
        self.decode(key, self.find(key)?, decode)
    }

    /// The same, but no error shows any of the value.
    pub(crate) fn take_hidden<T>(
        &mut self,
        key: &'static str,
        decode: impl FnOnce(&'d DeValue<'d>) -> Result<T, String>,
    ) -> Option<T> {
        self.asked.insert(key);
        let (name, found) = self.table?.get_key_value(key)?;
        decode(found.get_ref()).map_err(|reason| self.record_hiding(key, name.span(), reason)).ok()
    }

    /// The decoded items of the list `key` that are valid.
    pub(crate) fn items<T>(
        &mut self,
        key: &'static str,
        max_items: usize,
        decode: impl Fn(&'d DeValue<'d>) -> Result<T, String>,
    ) -> Vec<T> {
        self.spanned_items(key, max_items, decode).into_iter().map(|(_, item, _)| item).collect()
    }

    /// The decoded items, each with its index and span.
    pub(crate) fn spanned_items<T>(
        &mut self,
        key: &'static str,
        max_items: usize,
        decode: impl Fn(&'d DeValue<'d>) -> Result<T, String>,
    ) -> Vec<(usize, T, Range<usize>)> {
        let Some(list) = self.take(key, |found| value::list(found, max_items)) else { return Vec::new() };
        let items = list.iter().enumerate().filter_map(|(index, found)| {
            let item = self.decode(&format!("{key}[{index}]"), found, &decode)?;
            Some((index, item, found.span()))
        });
        items.collect()
    }

    pub(crate) fn decode<T>(
        &self,
        key: &str,
        found: &'d Spanned<DeValue<'d>>,
        decode: impl FnOnce(&'d DeValue<'d>) -> Result<T, String>,
    ) -> Option<T> {
        decode(found.get_ref()).map_err(|reason| self.record(key, found.span(), reason)).ok()
    }

    pub(crate) fn record(&self, key: &str, span: Range<usize>, reason: String) {
        self.reading.record(Fault { key: format!("{}{key}", self.prefix), reason, span, hides_value: false });
    }

    /// The same, at the key itself and without its value.
    fn record_hiding(&self, key: &str, span: Range<usize>, reason: String) {
        self.reading.record(Fault { key: format!("{}{key}", self.prefix), reason, span, hides_value: true });
    }
}

/// A key as it must be written: quoted unless it consists of letters, digits, `_` and `-`.
pub(crate) fn shown(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}
