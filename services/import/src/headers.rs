//! Headers of requests, and logins in URLs: what authenticates becomes keys whose secrets are in files.

use crate::model::{Secrets, Site};
use crate::text::is_secret_header;
use crate::value::Toml;
use data_encoding::BASE64;

/// A header, or the key that stands for it.
pub(crate) fn header(
    name: &str,
    value: &str,
    headers: &mut Vec<(String, Toml)>,
    site: &mut Site,
    secrets: &mut Secrets,
) {
    let owner =
        site.group.as_ref().map_or_else(|| site.name.clone(), |group| format!("{group}/{}", site.name));
    let is_given = site.keys.iter().any(|(key, _)| matches!(*key, "username" | "token_file"));
    match name.to_ascii_lowercase().as_str() {
        "authorization" if is_given => {}
        "authorization" if value.starts_with("Bearer ") => {
            let file = secrets.file(&owner, "token", &format!("the bearer token for {owner}"));
            site.key("token_file", Toml::text(&file));
        }
        "authorization" => match basic_user(value) {
            Some(username) => password(&username, &owner, &mut site.keys, secrets),
            None => site.note("the header authorization was left out: it is neither Bearer nor Basic"),
        },
        "host" => site.note("the header Host was left out: it is that of the URL"),
        "connection" | "content-length" | "transfer-encoding" => {}
        _ if is_secret_header(name) || value.contains("${") => {
            site.note(format!("the header {name} was left out: it may hold a secret"));
        }
        _ => headers.push((name.to_owned(), Toml::text(value))),
    }
}

fn basic_user(value: &str) -> Option<String> {
    let decoded = BASE64.decode(value.strip_prefix("Basic ")?.trim().as_bytes()).ok()?;
    let pair = String::from_utf8(decoded).ok()?;
    pair.split_once(':').map(|(user, _)| user.to_owned()).filter(|user| !user.is_empty())
}

/// The keys of a login.
pub(crate) fn password(
    username: &str,
    owner: &str,
    keys: &mut Vec<(&'static str, Toml)>,
    secrets: &mut Secrets,
) {
    let file = secrets.file(owner, "password", &format!("the password of {username} for {owner}"));
    keys.push(("username", Toml::text(username)));
    keys.push(("password_file", Toml::text(&file)));
}

/// The URL without a fragment; a user and password in it become keys.
pub(crate) fn without_login(
    url: &str,
    owner: &str,
    keys: &mut Vec<(&'static str, Toml)>,
    secrets: &mut Secrets,
) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((login, _)) = authority.rsplit_once('@') else { return url.to_owned() };
    let username = login.split(':').next().unwrap_or_default();
    password(username, owner, keys, secrets);
    format!("{scheme}://{}", &rest[login.len() + 1..])
}
