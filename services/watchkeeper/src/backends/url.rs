//! Where a back end is: in the file, or, because there may be a password in it, in a file of its own.

use watchkeeper_runtime::config::Section;

/// Reads `key`, or the file that `file_key` names; no error shows what stands there.
pub(super) fn read<T>(
    section: &mut Section<'_>,
    key: &'static str,
    file_key: &'static str,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let (here, elsewhere) = (section.hidden::<String>(key), section.secret_file(file_key));
    let (key, text) = match (&here, &elsewhere) {
        (Some(_), Some(_)) => {
            section.refuse(file_key, format!("is given and {key} is too: give one of them"));
            return None;
        }
        (Some(here), None) => (key, here.as_str()),
        // Empty when the file is for another machine, and was not read.
        (None, Some(elsewhere)) if elsewhere.expose().is_empty() => return None,
        (None, Some(elsewhere)) => (file_key, elsewhere.expose()),
        (None, None) => return None,
    };
    parse(text).map_err(|reason| section.refuse(key, reason)).ok()
}

/// The URL, if it begins with one of the schemes.
pub(super) fn with_scheme<'u>(url: &'u str, schemes: &[&str]) -> Option<&'u str> {
    schemes
        .iter()
        .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(':')))
        .then_some(url)
}

/// The directory of `embedded:DIR`.
pub(super) fn embedded(url: &str) -> Option<&str> {
    url.strip_prefix("embedded:").filter(|dir| dir.starts_with('/'))
}
