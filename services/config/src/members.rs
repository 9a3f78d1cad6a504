//! Sections that share keys: targets of a group, and defaults of all of them.

use crate::section::{Section, shown};
use crate::value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// How the members of a section are written, and what they take from it.
#[derive(Debug)]
pub struct Membership {
    /// Keys that each member has for itself.
    pub own: &'static [&'static str],
    /// Keys that belong together: a member that has one of them takes none of the others from its section.
    pub together: &'static [&'static [&'static str]],
    /// The key that a member's key in a table stands for.
    pub name: &'static str,
    /// The key and value that a member of one text stands for: `tcp://db:5432` is the key `tcp` with `db:5432`.
    pub short: fn(&str) -> (&'static str, &str),
    /// The name of a member that is a text in a list, if it is not the one that its reader gives it.
    pub name_of: fn(&str) -> Option<String>,
    /// A text of each kind of member, with which keys are checked that no member of that kind uses.
    pub samples: &'static [&'static str],
}

/// A section whose keys a member takes.
#[derive(Clone, Debug)]
pub(crate) struct Parent<'d> {
    pub(crate) table: &'d DeTable<'d>,
    /// Ends in a dot.
    pub(crate) prefix: String,
}

/// A member before it is read.
struct Member<'d> {
    path: String,
    span: Range<usize>,
    table: DeTable<'d>,
}

impl<'d> Section<'d> {
    /// The sections `[[name]]` in order, at most `max_sections`, which take the keys that they do not have from the
    /// section `[defaults]`.
    pub fn sections_with_defaults<T>(
        &mut self,
        (name, defaults): (&'static str, &'static str),
        max_sections: usize,
        membership: &'static Membership,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        let span = self.span_of(defaults);
        let table = self.take(defaults, |found| value::table(found));
        let mut shared = self.nested(defaults, table, span);
        let mut results = Vec::new();
        for (index, table, span) in self.spanned_items(name, max_sections, |found| value::table(found)) {
            let mut section = self.nested(&format!("{name}[{index}]"), Some(table), span);
            section.join(&shared, membership);
            let (result, asked) = section.finish_with_asked(&mut read);
            shared.asked.extend(asked);
            results.push(result);
        }
        shared.read_samples(membership, &mut read);
        shared.asked.retain(|key| !membership.own.contains(key));
        shared.finish(|section| section.refuse_own(membership, name));
        results
    }

    /// The members in `key`, at most `max_members`: a list, or a table whose keys name them. Each is a text or a section,
    /// and takes the keys that it does not have from this section.
    pub fn members<T>(
        &mut self,
        key: &'static str,
        max_members: usize,
        membership: &'static Membership,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        let Some(members) = self.take(key, |found| listed(found, max_members)) else { return Vec::new() };
        let mut asked = BTreeSet::new();
        let mut results = Vec::new();
        for (name, item) in members {
            let Some(Member { path, span, table }) = self.member(key, &name, item, membership) else {
                continue;
            };
            let mut section = self.nested(&path, Some(&table), span);
            section.join(self, membership);
            let (result, by_member) = section.finish_with_asked(&mut read);
            asked.extend(by_member);
            results.push(result);
        }
        self.asked.extend(asked.into_iter().filter(|key| !membership.own.contains(key)));
        self.read_samples(membership, &mut read);
        self.refuse_own(membership, key);
        results
    }

    /// Whether `key` is present, but in a section that this one is a member of.
    pub fn inherits(&self, key: &str) -> bool {
        !self.has_itself(key) && self.find(key).is_some()
    }

    fn join<'s>(&mut self, shared: &Section<'s>, membership: &'static Membership)
    where
        's: 'd,
    {
        let nearest = shared.table.map(|table| Parent { table, prefix: shared.prefix.clone() });
        self.parents = nearest.into_iter().chain(shared.parents.iter().cloned()).collect();
        self.membership = Some(membership);
    }

    fn member(
        &self,
        key: &str,
        name: &Name<'d>,
        item: &'d Spanned<DeValue<'d>>,
        membership: &Membership,
    ) -> Option<Member<'d>> {
        let path = match name {
            Name::Index(index) => format!("{key}[{index}]"),
            Name::Key(name) => format!("{key}.{}", shown(name.get_ref())),
        };
        let span = item.span();
        let (mut table, from_text) = match item.get_ref() {
            DeValue::String(text) => (of_text(text, &span, membership), (membership.name_of)(text)),
            DeValue::Table(table) => (table.clone(), None),
            _ => {
                self.record(&path, span, "must be text or a section".to_owned());
                return None;
            }
        };
        let name = match name {
            Name::Index(_) => from_text.map(|name| (span.clone(), Cow::Owned(name))),
            Name::Key(name) => Some((name.span(), name.get_ref().clone())),
        };
        if let Some((at, name)) = name {
            if table.contains_key(membership.name) {
                let reason = format!("is named by its key: remove `{}`", membership.name);
                self.record(&path, span, reason);
                return None;
            }
            insert(&mut table, membership.name, at, name);
        }
        Some(Member { path, span, table })
    }

    /// Checks the keys of this section with a member of each kind.
    fn read_samples<T>(
        &mut self,
        membership: &'static Membership,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) {
        let samples = if self.table.is_some() { membership.samples } else { &[] };
        for text in samples {
            let table = of_text(text, &self.span, membership);
            let mut section = self.nested("", Some(&table), self.span.clone());
            section.join(self, membership);
            section.is_sample = true;
            read(&mut section);
            let asked = std::mem::take(&mut section.asked);
            self.asked.extend(asked.into_iter().filter(|key| !membership.own.contains(key)));
        }
    }

    fn refuse_own(&mut self, membership: &Membership, members: &str) {
        for own in membership.own {
            if *own != members && self.has_itself(own) {
                self.refuse(own, format!("is for a single target: move it to one of `{members}`"));
            }
        }
    }
}

/// How a member is named in its list or table.
enum Name<'d> {
    Index(usize),
    Key(&'d Spanned<DeString<'d>>),
}

fn listed<'d>(
    found: &'d DeValue<'d>,
    max_members: usize,
) -> Result<Vec<(Name<'d>, &'d Spanned<DeValue<'d>>)>, String> {
    let members: Vec<_> = match found {
        DeValue::Array(list) => {
            list.iter().enumerate().map(|(index, item)| (Name::Index(index), item)).collect()
        }
        DeValue::Table(table) => table.iter().map(|(key, item)| (Name::Key(key), item)).collect(),
        _ => return Err("must be a list or a section".to_owned()),
    };
    match members.len() {
        count if count > max_members => Err(format!("has {count} items, the limit is {max_members}")),
        _ => Ok(members),
    }
}

fn of_text<'t>(text: &str, span: &Range<usize>, membership: &Membership) -> DeTable<'t> {
    let (key, value) = (membership.short)(text);
    let mut table = DeTable::new();
    insert(&mut table, key, span.clone(), Cow::Owned(value.to_owned()));
    table
}

fn insert<'t>(table: &mut DeTable<'t>, key: &'static str, span: Range<usize>, text: DeString<'t>) {
    let value = Spanned::new(span.clone(), DeValue::String(text));
    table.insert(Spanned::new(span, Cow::Borrowed(key)), value);
}
