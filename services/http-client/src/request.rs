//! HTTP requests.

use std::borrow::Cow;
use std::io::Read as _;
use ureq::{Body, Error};

const CONTENT_TYPE: &str = "content-type";

/// Longest body that is read, in bytes, unless the request sets another limit.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// A request. Its path, query, headers and body may contain secrets: no error shows them.
#[derive(Clone)]
pub struct HttpRequest {
    pub(crate) url: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) sends: Sends,
    reads: Reads,
}

/// The method, and the body that goes with it.
#[derive(Clone)]
pub(crate) enum Sends {
    /// A GET.
    Nothing,
    /// A POST.
    Post(Vec<u8>),
    /// A PUT.
    Put(Vec<u8>),
}

/// How much of a response's body to read.
#[derive(Clone, Copy)]
enum Reads {
    /// All of it; refused if it has more bytes.
    AllOf(usize),
    /// Up to so many bytes.
    First(usize),
}

impl HttpRequest {
    /// A GET of `url`.
    pub fn get(url: impl Into<String>) -> Self {
        let reads = Reads::AllOf(MAX_BODY_BYTES);
        Self { url: url.into(), query: Vec::new(), headers: Vec::new(), sends: Sends::Nothing, reads }
    }

    /// Posts this JSON to `url`.
    pub fn post(url: impl Into<String>, json: String) -> Self {
        Self::post_as(url, "application/json", json)
    }

    /// Posts this text of the content type `content_type` to `url`.
    pub fn post_as(url: impl Into<String>, content_type: impl Into<String>, text: String) -> Self {
        Self::post_bytes(url, content_type, text.into_bytes())
    }

    /// Posts these bytes of the content type `content_type` to `url`.
    pub fn post_bytes(url: impl Into<String>, content_type: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { sends: Sends::Post(bytes), ..Self::get(url) }.header(CONTENT_TYPE, content_type)
    }

    /// Puts this JSON at `url`.
    pub fn put(url: impl Into<String>, json: String) -> Self {
        Self { sends: Sends::Put(json.into_bytes()), ..Self::get(url) }
            .header(CONTENT_TYPE, "application/json")
    }

    /// Adds a percent-encoded query parameter.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Limits the body to so many bytes.
    #[must_use]
    pub fn max_body(self, bytes: usize) -> Self {
        Self { reads: Reads::AllOf(bytes), ..self }
    }

    /// Reads only the first so many bytes of the body, and accepts a body that ends early.
    #[must_use]
    pub fn only_beginning(self, bytes: usize) -> Self {
        Self { reads: Reads::First(bytes), ..self }
    }

    /// Reads the response's body.
    pub(crate) fn read(&self, body: &mut Body) -> Result<Vec<u8>, Error> {
        match self.reads {
            // ureq refuses a body that reaches its limit.
            Reads::AllOf(bytes) => body.with_config().limit(bytes as u64 + 1).read_to_vec(),
            Reads::First(bytes) => {
                let mut beginning = Vec::new();
                let _ = body.as_reader().take(bytes as u64).read_to_end(&mut beginning);
                Ok(beginning)
            }
        }
    }

    /// The longest accepted body.
    pub(crate) fn max_bytes(&self) -> usize {
        let (Reads::AllOf(bytes) | Reads::First(bytes)) = self.reads;
        bytes
    }
}
