//! Gotify: <https://gotify.net/docs/pushmsg>.

use super::fit::{Form, bytes, plain};
use super::message::ChatMessage;
use super::{Adapter, options};
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_http_client::HttpRequest;

/// Longest title, in bytes. Gotify documents no limit.
const MAX_TITLE: usize = 1_024;
/// Longest message, in bytes.
const MAX_MESSAGE: usize = 16 * 1024;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gotify {
    url: HttpUrl,
    token: Secret,
}

impl Gotify {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let (url, token) = (options::own_server(section), options::secret(section, "token", "token_file"));
        Some(Self { url: url?, token: token? })
    }
}

impl Adapter for Gotify {
    fn host(&self) -> &str {
        self.url.host()
    }

    fn request(&self, message: &ChatMessage) -> HttpRequest {
        let form = Form { limit: MAX_MESSAGE, count: bytes, escape: plain };
        // Gotify requires a message.
        let text = if message.text.is_empty() { &message.title } else { &message.text };
        let mut body = serde_json::json!({
            "title": form.line(&message.title, MAX_TITLE),
            "message": form.fit(text, message.url.as_deref()),
            "priority": message.by_severity([4, 4, 6, 8]),
        });
        if let Some(url) = &message.url {
            body["extras"] = serde_json::json!({ "client::notification": { "click": { "url": url } } });
        }
        HttpRequest::post(self.url.with_path("/message").expose(), body.to_string())
            .header("x-gotify-key", self.token.expose())
    }
}
