//! Telegram's bots: <https://core.telegram.org/bots/api#sendmessage>.
//!
//! The text is plain, and what is bold is said by its place: there are no tags to be cut, and nothing to escape.

use super::fit::{Form, plain, utf16};
use super::judge::seconds;
use super::message::ChatMessage;
use super::{Adapter, options};
use serde_json::Value;
use std::time::Duration;
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_http_client::HttpRequest;

const SERVER: &str = "https://api.telegram.org";
/// Longest text, in UTF-16 code units.
const MAX_TEXT: usize = 4_096;
/// Longest id or name of a chat, in bytes.
const MAX_CHAT_BYTES: usize = 64;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Telegram {
    url: HttpUrl,
    token: Secret,
    chat: String,
    thread: Option<i64>,
}

impl Telegram {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let token = options::secret(section, "token", "token_file");
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || ":_-".contains(c);
        if token.as_ref().is_some_and(|token| !token.expose().chars().all(is_of_token)) {
            section
                .refuse("token_file", "names a file that does not hold a bot token such as 123456:ABC-DEF");
        }
        let chat = section.required_text("chat", MAX_CHAT_BYTES);
        if !chat.is_empty() && !chat.starts_with('@') && chat.parse::<i64>().is_err() {
            section.refuse(
                "chat",
                "must be the id of a chat such as \"-1001234567890\", or the @name of a channel",
            );
        }
        let thread = section.integer("thread", 0..=i64::from(i32::MAX), 0);
        let url = options::server(section, SERVER);
        Some(Self { url: url?, token: token?, chat, thread: (thread > 0).then_some(thread) })
    }
}

impl Adapter for Telegram {
    fn host(&self) -> &str {
        self.url.host()
    }

    fn request(&self, message: &ChatMessage) -> HttpRequest {
        let form = Form { limit: MAX_TEXT, count: utf16, escape: plain };
        let text = form.fit(&message.whole(), message.url.as_deref());
        let bold = utf16(text.lines().next().unwrap_or_default());
        let mut body = serde_json::json!({
            "chat_id": self.chat,
            "text": text,
            "entities": [{ "type": "bold", "offset": 0, "length": bold }],
            "link_preview_options": { "is_disabled": true },
        });
        if let Some(thread) = self.thread {
            body["message_thread_id"] = thread.into();
        }
        let url = self.url.with_path(&format!("/bot{}/sendMessage", self.token.expose()));
        HttpRequest::post(url.expose(), body.to_string())
    }

    fn wait(&self, answer: &Value) -> Option<Duration> {
        seconds(answer.get("parameters")?.get("retry_after")?)
    }
}
