//! What is asked of a server.

/// Longest body that is read, in bytes, unless the request says otherwise.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// A GET request. What stands in its query and its headers may be secret: no error shows them.
#[derive(Clone)]
pub(crate) struct HttpRequest {
    pub(super) url: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) max_body: usize,
}

impl HttpRequest {
    /// Asks for `url`.
    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), query: Vec::new(), headers: Vec::new(), max_body: MAX_BODY_BYTES }
    }

    /// Adds a parameter to the query; it is percent-encoded.
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Reads a body of so many bytes at most.
    pub(crate) fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }
}
