//! The values of a section: one method per type.

use crate::secret::{self, Secret};
use crate::section::{Section, shown};
use crate::value;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use toml::de::DeValue;

/// Longest path of a file, in bytes (`PATH_MAX` of Linux).
const MAX_PATH_BYTES: usize = 4096;

impl Section<'_> {
    /// A whole number within `range`.
    pub fn integer<N>(&mut self, key: &'static str, range: RangeInclusive<N>, default: N) -> N
    where
        N: PartialOrd + Display + TryFrom<i128>,
    {
        self.take(key, |found| value::integer(found, &range)).unwrap_or(default)
    }

    /// A finite number, with or without a fraction, if the key is present.
    pub fn number(&mut self, key: &'static str) -> Option<f64> {
        self.take(key, value::number)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str, default: bool) -> bool {
        self.take(key, value::boolean).unwrap_or(default)
    }

    /// A duration within `range`, with its unit: `"15s"`, `"1h30m"`, `"7d"`.
    pub fn duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
        default: Duration,
    ) -> Duration {
        self.take(key, |found| value::duration(found, &range)).unwrap_or(default)
    }

    /// At most `max_items` durations within `range`, written as for [`Self::duration`].
    pub fn duration_list(
        &mut self,
        key: &'static str,
        max_items: usize,
        range: RangeInclusive<Duration>,
        default: &[Duration],
    ) -> Vec<Duration> {
        if self.take(key, |_| Ok(())).is_none() {
            return default.to_owned();
        }
        self.items(key, max_items, |found| value::duration(found, &range))
    }

    /// A number of bytes within `range`, with its unit: `"4 MiB"`, `"512KiB"`.
    pub fn bytes(&mut self, key: &'static str, range: RangeInclusive<usize>, default: usize) -> usize {
        self.take(key, |found| value::bytes(found, &range)).unwrap_or(default)
    }

    /// Text of 1 to `max_bytes` bytes.
    pub fn text(&mut self, key: &'static str, max_bytes: usize, default: &str) -> String {
        self.optional_text(key, max_bytes).unwrap_or_else(|| default.to_owned())
    }

    /// Text of 1 to `max_bytes` bytes, if the key is present.
    pub fn optional_text(&mut self, key: &'static str, max_bytes: usize) -> Option<String> {
        self.take(key, |found| value::text(found, max_bytes).map(str::to_owned))
    }

    /// Required text of 1 to `max_bytes` bytes; continues with an empty one if it is missing.
    pub fn required_text(&mut self, key: &'static str, max_bytes: usize) -> String {
        self.require(key);
        self.text(key, max_bytes, "")
    }

    /// Text that `T` parses, if the key is present; the error of `T` must say what the text has to be.
    pub fn parsed<T>(&mut self, key: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        self.take(key, value::parsed)
    }

    /// Required text that `T` parses and that no error shows; the error of `T` must not show it either. `None` is
    /// recorded as an error.
    pub fn required_hidden<T>(&mut self, key: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        self.require(key);
        self.hidden(key, |text| text.parse().map_err(|error: T::Err| error.to_string()))
    }

    /// The same for an optional key, with a parser function.
    pub fn hidden<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.take_hidden(key, |value| value::text_unseen(value).and_then(parse))
    }

    /// At most `max_items` texts that `T` parses; empty without the key.
    pub fn parsed_list<T>(&mut self, key: &'static str, max_items: usize) -> Vec<T>
    where
        T: FromStr<Err: Display>,
    {
        self.items(key, max_items, value::parsed)
    }

    /// The same, with duplicates being an error.
    pub fn parsed_set<T>(&mut self, key: &'static str, max_items: usize) -> Vec<T>
    where
        T: FromStr<Err: Display> + PartialEq,
    {
        let mut kept: Vec<(usize, T)> = Vec::new();
        for (index, item, span) in self.spanned_items(key, max_items, value::parsed) {
            match kept.iter().find(|(_, earlier)| *earlier == item) {
                None => kept.push((index, item)),
                Some((first, _)) => {
                    self.record(&format!("{key}[{index}]"), span, format!("is the same as {key}[{first}]"));
                }
            }
        }
        kept.into_iter().map(|(_, item)| item).collect()
    }

    /// The values of the listed names in `choices`, at most one per choice; empty without the key.
    pub fn choices<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Vec<T> {
        self.items(key, choices.len(), |found| value::choice(found, choices))
    }

    /// `true` for all `choices`, `false` for none, or a list of those meant; all without the key.
    pub fn selection<'c>(&mut self, key: &'static str, choices: &[&'c str]) -> Vec<&'c str> {
        let switch = self.take(key, |found| match found {
            DeValue::Boolean(is_on) => Ok(Some(*is_on)),
            DeValue::Array(_) => Ok(None),
            _ => Err("must be true, false or a list of names".to_owned()),
        });
        match switch {
            None | Some(Some(true)) => choices.to_vec(),
            Some(Some(false)) => Vec::new(),
            Some(None) => {
                let named: Vec<_> = choices.iter().map(|&choice| (choice, choice)).collect();
                self.choices(key, &named)
            }
        }
    }

    /// A section with free keys and durations within `range`, at most `max_entries`; empty without the section.
    pub fn durations(
        &mut self,
        key: &'static str,
        max_entries: usize,
        range: RangeInclusive<Duration>,
    ) -> BTreeMap<String, Duration> {
        self.entries(key, max_entries, |found| value::duration(found, &range))
    }

    /// A section with free keys and texts of 1 to `max_bytes` bytes, at most `max_entries`; empty without the
    /// section.
    pub fn texts(
        &mut self,
        key: &'static str,
        max_entries: usize,
        max_bytes: usize,
    ) -> BTreeMap<String, String> {
        self.entries(key, max_entries, |found| value::text(found, max_bytes).map(str::to_owned))
    }

    /// The same, with the entries of the sections that this one is a member of: the nearest one's count.
    pub fn joined_texts(
        &mut self,
        key: &'static str,
        max_entries: usize,
        max_bytes: usize,
    ) -> BTreeMap<String, String> {
        self.ask(key);
        let mut joined = BTreeMap::new();
        for mut section in self.holders(key).into_iter().rev() {
            joined.extend(section.texts(key, max_entries, max_bytes));
        }
        if joined.len() > max_entries {
            self.refuse(key, format!("has {} entries in all, the limit is {max_entries}", joined.len()));
        }
        joined
    }

    pub(crate) fn entries<T>(
        &mut self,
        key: &'static str,
        max_entries: usize,
        decode: impl Fn(&DeValue<'_>) -> Result<T, String>,
    ) -> BTreeMap<String, T> {
        let Some(table) = self.take(key, |found| value::table(found)) else { return BTreeMap::new() };
        if table.len() > max_entries {
            self.refuse(key, format!("has {} entries, the limit is {max_entries}", table.len()));
        }
        let entries = table.iter().take(max_entries).filter_map(|(name, found)| {
            let value = self.decode(&format!("{key}.{}", shown(name.get_ref())), found, &decode)?;
            Some((name.get_ref().to_string(), value))
        });
        entries.collect()
    }

    /// The path of a file that is not a secret, if the key is present. A relative path starts at the directory of the
    /// file that has the key.
    pub fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let directory = self.reading.file(self.span_of(key).start).directory.as_path();
        self.take(key, |found| value::text(found, MAX_PATH_BYTES).map(|path| directory.join(path)))
    }

    /// The content of the named file, without trailing line ends. A file that is readable by every user of the host is
    /// refused, and so is one of more than [`MAX_SECRET_BYTES`](super::MAX_SECRET_BYTES).
    ///
    /// A relative path NAME is looked up in `$CREDENTIALS_DIRECTORY`, as NAME, `role_NAME` and `all_NAME`. Without that
    /// variable it is looked up in the directories of `credentials` beside the main file, then beside the file that has
    /// the key.
    pub fn secret_file(&mut self, key: &'static str) -> Option<Secret> {
        let secrets = self.reading.secrets();
        let beside = self.reading.file(self.span_of(key).start).directory.as_path();
        self.take(key, |found| {
            let path = value::text(found, MAX_PATH_BYTES)?;
            secrets
                .map_or_else(|| Ok(Secret::default()), |secrets| secret::read(&secrets.find(path, beside)?))
        })
    }

    /// Reads with `read` without opening secret files: each secret reads as empty. For sections that nothing in this
    /// process uses.
    pub fn without_secrets<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let opened = self.reading.opens_secrets.replace(false);
        let result = read(self);
        self.reading.opens_secrets.set(opened);
        result
    }

    /// The same for a required key; continues with an empty secret if it is missing.
    pub fn required_secret_file(&mut self, key: &'static str) -> Secret {
        self.require(key);
        self.secret_file(key).unwrap_or_default()
    }
}
