//! What an HTTP check sends.

use ureq::http::Method;
use watchkeeper_config::Section;

/// Longest body of a request, in bytes.
pub const MAX_REQUEST_BODY_BYTES: usize = 64 * 1024;

/// The allowed methods.
const METHODS: [(&str, Method); 7] = [
    ("DELETE", Method::DELETE),
    ("GET", Method::GET),
    ("HEAD", Method::HEAD),
    ("OPTIONS", Method::OPTIONS),
    ("PATCH", Method::PATCH),
    ("POST", Method::POST),
    ("PUT", Method::PUT),
];

/// Method and body of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sends {
    /// The method; GET by default, or POST with a body.
    pub method: Method,
    /// The body.
    pub body: Option<String>,
}

impl Sends {
    /// Reads the keys `method` and `body`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let body = section.optional_text("body", MAX_REQUEST_BODY_BYTES);
        let name = section.optional_text("method", 10);
        let method = name.and_then(|name| {
            let known = METHODS.iter().find(|(known, _)| *known == name);
            if known.is_none() {
                let known = METHODS.map(|(known, _)| known).join(", ");
                section.refuse("method", format!("must be one of {known}"));
            }
            known.map(|(_, method)| method.clone())
        });
        let default = if body.is_some() { Method::POST } else { Method::GET };
        Self { method: method.unwrap_or(default), body }
    }

    /// The request after a redirect, as browsers send it (RFC 9110, section 15.4): 303, and 301 or 302 after a POST, turn
    /// it into a GET without a body.
    pub(super) fn after_redirect(&self, status: u16) -> Self {
        let becomes_get = match status {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if becomes_get { Self::default() } else { self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_changes_the_method_as_in_browsers() {
        let sends = |method: &Method| Sends { method: method.clone(), body: Some("x".to_owned()) };
        for (method, status, becomes) in [
            (Method::POST, 301, Method::GET),
            (Method::POST, 302, Method::GET),
            (Method::POST, 303, Method::GET),
            (Method::POST, 307, Method::POST),
            (Method::PUT, 302, Method::PUT),
            (Method::PUT, 303, Method::GET),
            (Method::HEAD, 303, Method::HEAD),
        ] {
            let after = sends(&method).after_redirect(status);
            assert_eq!(after.method, becomes, "{method} {status}");
            assert_eq!(after.body.is_some(), becomes == method, "{method} {status}");
        }
    }
}
