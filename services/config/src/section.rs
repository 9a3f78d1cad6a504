//! One table of the file.

use crate::document::Reading;
use crate::error::Fault;
use crate::members::{Membership, Parent};
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
    pub(crate) table: Option<&'d DeTable<'d>>,
    /// Empty for the root, else ends in a dot.
    pub(crate) prefix: String,
    /// Where the section begins.
    pub(crate) span: Range<usize>,
    pub(crate) asked: BTreeSet<&'static str>,
    /// The sections whose keys it takes if it does not have them, the nearest first.
    pub(crate) parents: Vec<Parent<'d>>,
    pub(crate) membership: Option<&'static Membership>,
    /// Whether it stands for any member: only faults in the keys of its parents count.
    pub(crate) is_sample: bool,
}

impl<'d> Section<'d> {
    pub(crate) fn root(reading: &'d Reading<'d>, table: &'d DeTable<'d>) -> Self {
        Self::new(reading, Some(table), String::new(), 0..0)
    }

    pub(crate) fn nested<'n>(
        &self,
        name: &str,
        table: Option<&'n DeTable<'n>>,
        span: Range<usize>,
    ) -> Section<'n>
    where
        'd: 'n,
    {
        let mut nested = Section::new(self.reading, table, format!("{}{name}.", self.prefix_of(name)), span);
        nested.is_sample = self.is_sample && !self.inherits(name);
        nested
    }

    fn new(
        reading: &'d Reading<'d>,
        table: Option<&'d DeTable<'d>>,
        prefix: String,
        span: Range<usize>,
    ) -> Self {
        let (asked, parents) = (BTreeSet::new(), Vec::new());
        Self { reading, table, prefix, span, asked, parents, membership: None, is_sample: false }
    }

    /// Reads the section, then records every key that `read` did not read.
    pub(crate) fn finish<T>(self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.finish_with_asked(read).0
    }

    /// The same, with the keys that were read.
    pub(crate) fn finish_with_asked<T>(
        mut self,
        read: impl FnOnce(&mut Self) -> T,
    ) -> (T, BTreeSet<&'static str>) {
        let result = read(&mut self);
        self.refuse_unknown();
        (result, self.asked)
    }

    fn refuse_unknown(&self) {
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            let name = key.get_ref().as_ref();
            if !self.asked.contains(name) {
                let hint = suggestion::hint(name, self.asked.iter().copied());
                self.record_hiding(&shown(name), key.span(), format!("unknown key{hint}"));
            }
        }
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

    pub(crate) fn find(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.holder(key)?.table.get(key)
    }

    /// The table that has `key`: that of this section, or of the nearest parent.
    fn holder(&self, key: &str) -> Option<Holder<'_, 'd>> {
        let own = self.table.map(|table| Holder { table, prefix: &self.prefix });
        let Some(membership) = self.membership.filter(|membership| !membership.own.contains(&key)) else {
            return own.filter(|holder| holder.table.contains_key(key));
        };
        let parents = self.parents.iter().map(|Parent { table, prefix }| Holder { table, prefix });
        let together = membership.together.iter().find(|keys| keys.contains(&key));
        let decides = |holder: &Holder<'_, '_>| {
            together.into_iter().copied().flatten().chain([&key]).any(|key| holder.table.contains_key(*key))
        };
        own.into_iter().chain(parents).find(decides).filter(|holder| holder.table.contains_key(key))
    }

    /// This section and its parents that have `key`, the nearest first, each as a section of its own.
    pub(crate) fn holders(&self, key: &str) -> Vec<Self> {
        let own = self.table.map(|table| (table, &self.prefix));
        let parents = self.parents.iter().map(|Parent { table, prefix }| (*table, prefix));
        let holders = own.into_iter().chain(parents).filter(|(table, _)| table.contains_key(key));
        let section = |(table, prefix): (_, &String)| {
            Self::new(self.reading, Some(table), prefix.clone(), self.span.clone())
        };
        holders.map(section).collect()
    }

    /// Marks `key` as one that is read.
    pub(crate) fn ask(&mut self, key: &'static str) {
        self.asked.insert(key);
    }

    pub(crate) fn has_itself(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// The path before a key, which may be followed by the index or key of an item: that of the section that has it.
    fn prefix_of(&self, key: &str) -> &str {
        let end = key.find(['[', '.']).unwrap_or(key.len());
        self.holder(&key[..end]).map_or(&self.prefix, |holder| holder.prefix)
    }

    pub(crate) fn span_of(&self, key: &str) -> Range<usize> {
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
        let (name, found) = self.holder(key)?.table.get_key_value(key)?;
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
        self.add_fault(key, span, reason, false);
    }

    /// The same, at the key itself and without its value.
    fn record_hiding(&self, key: &str, span: Range<usize>, reason: String) {
        self.add_fault(key, span, reason, true);
    }

    fn add_fault(&self, key: &str, span: Range<usize>, reason: String, hides_value: bool) {
        let prefix = self.prefix_of(key);
        if self.is_sample && prefix == self.prefix {
            return;
        }
        self.reading.record(Fault { key: format!("{prefix}{key}"), reason, span, hides_value });
    }
}

/// A table that has a key, and its path.
struct Holder<'p, 'd> {
    table: &'d DeTable<'d>,
    prefix: &'p str,
}

/// A key as it must be written: quoted unless it consists of letters, digits, `_` and `-`.
pub(crate) fn shown(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}
