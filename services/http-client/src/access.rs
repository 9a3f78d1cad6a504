//! What every server that speaks HTTP may need: authorities, headers, authentication.

use crate::request::HttpRequest;
use crate::trust::Trust;
use data_encoding::BASE64;
use std::collections::BTreeMap;
use ureq::http::{HeaderName, HeaderValue};
use watchkeeper_config::{Secret, Section};

/// Most headers.
pub const MAX_HEADERS: usize = 20;
/// Longest value of a header, in bytes.
pub const MAX_HEADER_BYTES: usize = 4096;
/// Longest user name, in bytes.
pub const MAX_USERNAME_BYTES: usize = 256;

/// Headers that the client sets itself.
const OWN: [&str; 5] = ["authorization", "connection", "content-length", "host", "transfer-encoding"];

/// The keys `ca_file`, `headers`, `token_file`, `username` and `password_file`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Whose certificates are accepted.
    pub trust: Trust,
    /// More headers.
    pub headers: BTreeMap<String, String>,
    /// The header `Authorization`.
    pub authorization: Option<Secret>,
}

impl Access {
    /// Reads the keys.
    pub fn read(section: &mut Section<'_>) -> Self {
        let authorization = Self::read_authorization(section);
        Self { authorization, ..Self::read_open(section) }
    }

    /// Reads `ca_file` and `headers`, for services that have an authentication of their own.
    pub fn read_open(section: &mut Section<'_>) -> Self {
        let trust = Trust::from(section.path("ca_file"));
        Self { trust, headers: read_headers(section), authorization: None }
    }

    /// Reads `token_file`, or `username` and `password_file`: the value of the header `Authorization`.
    pub fn read_authorization(section: &mut Section<'_>) -> Option<Secret> {
        let token = section.secret_file("token_file");
        let username = section.optional_text("username", MAX_USERNAME_BYTES);
        let password = section.secret_file("password_file");
        match (token, username, password) {
            (None, None, None) => None,
            (Some(token), None, None) => Some(Secret::from(format!("Bearer {}", token.expose()))),
            (None, Some(username), Some(password)) => Some(basic(&username, &password)),
            (Some(_), ..) => {
                section.refuse("token_file", "cannot be given together with username and password_file");
                None
            }
            (None, ..) => {
                section.refuse("username", "needs password_file, and password_file needs username");
                None
            }
        }
    }

    /// All headers, with that of the authentication.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        headers.chain(self.authorization.iter().map(|secret| ("authorization", secret.expose())))
    }

    /// The request with these headers.
    #[must_use]
    pub fn apply(&self, request: HttpRequest) -> HttpRequest {
        self.headers().fold(request, |request, (name, value)| request.header(name.to_owned(), value))
    }
}

/// RFC 7617.
fn basic(username: &str, password: &Secret) -> Secret {
    let pair = format!("{username}:{}", password.expose());
    Secret::from(format!("Basic {}", BASE64.encode(pair.as_bytes())))
}

fn read_headers(section: &mut Section<'_>) -> BTreeMap<String, String> {
    let headers = section.texts("headers", MAX_HEADERS, MAX_HEADER_BYTES);
    for (name, value) in &headers {
        if OWN.contains(&name.to_ascii_lowercase().as_str()) {
            section.refuse(
                "headers",
                format!("{name} is set by the client; for authorization use token_file or username"),
            );
        } else if name.parse::<HeaderName>().is_err() || HeaderValue::from_str(value).is_err() {
            section.refuse("headers", format!("{name} is not a header, or its value has control characters"));
        }
    }
    headers
}
