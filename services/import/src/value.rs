//! TOML values.

use std::fmt;

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toml(String);

impl Toml {
    pub(crate) fn text(text: &str) -> Self {
        Self(quoted(text))
    }

    pub(crate) fn number(number: impl fmt::Display) -> Self {
        Self(number.to_string())
    }

    pub(crate) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<String> = items.into_iter().map(|item| quoted(item.as_ref())).collect();
        Self(format!("[{}]", items.join(", ")))
    }

    pub(crate) fn table<K: AsRef<str>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter().map(|(name, value)| format!("{} = {value}", key(name.as_ref())));
        Self(format!("{{ {} }}", entries.collect::<Vec<_>>().join(", ")))
    }
}

impl fmt::Display for Toml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A basic string. The escapes of JSON are valid in it; DEL, which JSON does not escape, is not.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A bare key if it can be one.
pub(crate) fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// A duration of milliseconds.
pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        ms if ms % 1000 != 0 => format!("{ms}ms"),
        ms if ms >= 3_600_000 && ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms >= 60_000 && ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        ms => format!("{}s", ms / 1000),
    }
}
