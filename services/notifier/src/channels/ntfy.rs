//! ntfy: <https://docs.ntfy.sh/publish/#publish-as-json>.

use super::fit::{Form, bytes, plain};
use super::message::ChatMessage;
use super::{Adapter, options};
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_http_client::HttpRequest;

const SERVER: &str = "https://ntfy.sh";
/// Longest message, in bytes; a longer one would become an attachment.
const MAX_MESSAGE: usize = 4_096;
/// Longest title, in bytes.
const MAX_TITLE: usize = 1_024;
/// Longest topic, in bytes.
const MAX_TOPIC_BYTES: usize = 64;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ntfy {
    url: HttpUrl,
    topic: String,
    token: Option<Secret>,
}

impl Ntfy {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let topic = section.required_text("topic", MAX_TOPIC_BYTES);
        if !topic.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
            section.refuse("topic", "may have only letters, digits and any of _-");
        }
        let token = section.secret_file("token_file");
        Some(Self { url: options::server(section, SERVER)?, topic, token })
    }
}

impl Adapter for Ntfy {
    fn host(&self) -> &str {
        self.url.host()
    }

    /// All notifications of an incident have one `sequence_id`: servers from 2.16 on show the last of them.
    fn request(&self, message: &ChatMessage) -> HttpRequest {
        let form = Form { limit: MAX_MESSAGE, count: bytes, escape: plain };
        let mut body = serde_json::json!({
            "topic": self.topic,
            "title": form.line(&message.title, MAX_TITLE),
            "message": form.fit(&message.text, message.url.as_deref()),
            "priority": message.by_severity([3, 3, 4, 5]),
            "tags": [message.by_severity(["white_check_mark", "information_source", "warning", "rotating_light"])],
            "sequence_id": message.group_key(),
        });
        if let Some(url) = &message.url {
            body["click"] = url.as_str().into();
        }
        let request = HttpRequest::post(self.url.expose(), body.to_string());
        match &self.token {
            Some(token) => request.header("authorization", options::bearer(token)),
            None => request,
        }
    }
}
