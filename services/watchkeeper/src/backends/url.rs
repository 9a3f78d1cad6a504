//! Where a back end is: in the file, or, because there may be a password in it, in a file of its own.

use std::fmt::Display;
use std::str::FromStr;
use watchkeeper_runtime::config::Section;

/// Reads `key`, or the file that `file_key` names; no error shows what stands there.
pub(super) fn read<T>(section: &mut Section<'_>, key: &'static str, file_key: &'static str) -> Option<T>
where
    T: FromStr<Err: Display>,
{
    let here = section.hidden(key);
    let Some(secret) = section.secret_file(file_key) else { return here };
    if section.has(key) {
        section.refuse(file_key, format!("is given and {key} is too: give one of them"));
    }
    // Empty when the file is for another machine, and was not read.
    if secret.expose().is_empty() {
        return here;
    }
    secret.expose().parse().map_err(|error: T::Err| section.refuse(file_key, error.to_string())).ok()
}

/// What a URL is made of: the text itself, known to begin with one of the schemes.
pub(super) fn starts_with_any(url: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(':')))
}

/// The directory of `embedded:DIR`.
pub(super) fn embedded(url: &str) -> Option<&str> {
    url.strip_prefix("embedded:").filter(|dir| dir.starts_with('/'))
}
