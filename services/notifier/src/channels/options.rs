//! Options that several services have.

use watchkeeper_config::{HttpUrl, Secret, Section};

/// The URL in the file that `url_file` names: whoever has it can post. `None` is recorded as an error, unless the
/// configuration is only checked and the file is not opened.
pub(crate) fn secret_url(section: &mut Section<'_>) -> Option<HttpUrl> {
    const KEY: &str = "url_file";
    let secret = secret(section, "url", KEY)?;
    if secret.expose().is_empty() {
        return None;
    }
    let url = secret.expose().parse();
    url.map_err(|error| section.refuse(KEY, format!("names a file whose content {error}"))).ok()
}

/// The secret in the file that `file_key` names. One that is in the configuration itself, under `key`, is refused without
/// being shown; `None` is recorded as an error.
pub(super) fn secret(section: &mut Section<'_>, key: &'static str, file_key: &'static str) -> Option<Secret> {
    if section.has(key) {
        let refuse = |_: &str| Err(format!("is a secret: write it to a file, and name that in {file_key}"));
        return section.hidden(key, refuse);
    }
    Some(section.required_secret_file(file_key))
}

/// The server's URL, at which a path may be appended.
pub(super) fn server(section: &mut Section<'_>, default: &str) -> Option<HttpUrl> {
    if section.has("url") {
        return section.required_hidden("url");
    }
    Some(default.parse().expect("the default is a valid URL"))
}

/// The same for a service that everybody runs on their own.
pub(super) fn own_server(section: &mut Section<'_>) -> Option<HttpUrl> {
    section.required_hidden("url")
}

/// The value of `authorization` for a token.
pub(super) fn bearer(token: &Secret) -> String {
    format!("Bearer {}", token.expose())
}
