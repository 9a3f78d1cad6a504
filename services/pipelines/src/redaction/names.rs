//! The names of fields that hold secrets.

use super::MAX_REDACTED_NAME_BYTES;
use std::str::FromStr;

/// Names, in any spelling: `api_key` is also `apiKey`, `API-KEY` and `http.api_key`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Names(Vec<Name>);

/// A name of letters and digits in lower case; `*` in front stands for any beginning.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    plain: Vec<u8>,
    is_ending: bool,
    written: String,
}

impl FromStr for Name {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (is_ending, rest) = match written.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let mut plain = Plain::default();
        rest.bytes().for_each(|byte| plain.push(byte));
        if written.len() > MAX_REDACTED_NAME_BYTES || plain.bytes().is_empty() || rest.contains(['*', '.']) {
            return Err(format!(
                "must be the name of a field, such as \"api_key\", or its end, such as \"*token\", of at most \
                 {MAX_REDACTED_NAME_BYTES} bytes and without a dot"
            ));
        }
        Ok(Self { plain: plain.bytes().to_vec(), is_ending, written: written.to_owned() })
    }
}

impl Names {
    pub(super) fn new(names: Vec<Name>) -> Self {
        Self(names)
    }

    pub(super) fn extend(&mut self, more: &[&str]) {
        let more = more.iter().filter_map(|name| name.parse().ok());
        let more: Vec<Name> = more.filter(|name| !self.0.contains(name)).collect();
        self.0.extend(more);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As written, but for those of `without`.
    pub(super) fn written<'n>(&'n self, without: &'n [&str]) -> impl Iterator<Item = String> + 'n {
        let shown = self.0.iter().filter(move |name| !without.contains(&name.written.as_str()));
        shown.map(|name| name.written.clone())
    }

    /// Whether `name` is one of them. Of a path such as `http.headers.cookie`, its last part counts.
    pub(super) fn hit(&self, name: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or(name);
        let mut plain = Plain::default();
        let begins = last.len().saturating_sub(MAX_REDACTED_NAME_BYTES);
        last[begins..].iter().for_each(|byte| plain.push(*byte));
        let found = plain.bytes();
        self.0.iter().any(|name| {
            if name.is_ending { found.ends_with(&name.plain) } else { begins == 0 && found == name.plain }
        })
    }
}

/// A name without what separates its words.
struct Plain {
    bytes: [u8; MAX_REDACTED_NAME_BYTES],
    length: usize,
}

impl Default for Plain {
    fn default() -> Self {
        Self { bytes: [0; MAX_REDACTED_NAME_BYTES], length: 0 }
    }
}

impl Plain {
    fn push(&mut self, byte: u8) {
        let counts = byte.is_ascii_alphanumeric() || !byte.is_ascii();
        if counts && self.length < self.bytes.len() {
            self.bytes[self.length] = byte.to_ascii_lowercase();
            self.length += 1;
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Names {
        Names(names.iter().map(|name| name.parse().unwrap()).collect())
    }

    #[test]
    fn a_name_is_found_in_every_spelling() {
        let names = names(&["api_key", "*token"]);
        for name in
            ["api_key", "apiKey", "API-KEY", "http.headers.api-key", "token", "x-auth-token", "accessToken"]
        {
            assert!(names.hit(name.as_bytes()), "{name}");
        }
        for name in ["", "my_api_key", "tokens", "token.count", "api"] {
            assert!(!names.hit(name.as_bytes()), "{name}");
        }
        assert!(names.hit(format!("{}_token", "x".repeat(500)).as_bytes()));
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_limit() {
        for name in ["", "*", "a*b", "a.b", "--", &"x".repeat(MAX_REDACTED_NAME_BYTES + 1)] {
            assert!(name.parse::<Name>().unwrap_err().contains("at most 64 bytes"), "{name}");
        }
        assert!("x".repeat(MAX_REDACTED_NAME_BYTES).parse::<Name>().is_ok());
    }
}
